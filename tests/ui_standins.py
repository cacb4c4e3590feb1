"""Stand-ins for the engine and for the person who answers questions, so that windows can be tried in milliseconds."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from astropy.io import fits

from core.align.results import Alignment, Applied, ImageResult, Sources, Status, Written
from core.data.cards import CardChange
from core.data.chipwcs import ChipWCS
from core.data.exposure import Exposure
from core.drizzle.results import ChipFigures, DrizzleResult, ExposureFigures
from core.errors import Refusal
from core.runs.progress import Progress
from ui.engine import AlignSets


def no_sources() -> Sources:
    floats, ints = np.zeros(0), np.zeros(0, dtype=np.int64)
    return Sources(floats, floats, floats, floats, floats, ints, ints, floats, floats)


class StandInEngine:
    """Answers at once, or when `go` is set; remembers what it was given."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.given: list[tuple[object, ...]] = []
        self.error: Exception | None = None
        self.taken = ""
        self.apart = ""
        self.statuses: dict[str, Status] = {}

    def open(self, path: Path) -> Exposure:
        if "bad" in path.name:
            raise Refusal("The keyword EXPTIME is missing.", file=path, advice="Fetch the file again.")
        return Exposure(path, "root", "flt", "WFC3", "UVIS", "F606W", 40.0, 0.0, 0.0, fits.Header(), (), None)

    def align(self, files, sets: AlignSets, memory, choices, *, progress: Progress) -> Alignment:
        self._work("align", progress, files, sets, choices)
        frame = ChipWCS(np.ones(2), np.zeros(2), np.eye(2) / 90000.0, (10, 10))
        images = []
        for number, path in enumerate(files):
            status = self.statuses.get(path.name, Status.ALIGNED if number else Status.REFERENCE)
            reason = "Only 3 matches." if status is Status.FAILED else ""
            images.append(ImageResult(path, status, reason))
        return Alignment(frame, files[0].name, no_sources(), tuple(images), {})

    def name_taken(self, files, sets, *, progress: Progress) -> str:
        return "" if sets.tweakreg["reusename"] else self.taken

    def preview(self, alignment: Alignment, sets: AlignSets, *, progress: Progress):
        return {
            image.name: (
                CardChange(image.name, 1, "CRVAL1", 201.5, 201.50001),
                CardChange(image.name, 1, "WCSNAME", "IDC_abc", "TWEAK"),
            )
            for image in alignment.images
        }

    def apply(self, alignment: Alignment, sets: AlignSets, *, progress: Progress) -> tuple[Applied, ...]:
        self._work("apply", progress, alignment, sets)
        return tuple(
            Applied(image.path, Written.WRITTEN if image.status is Status.ALIGNED else Written.UNTOUCHED)
            for image in alignment.images
        )

    def outputs(self, alignment, sets, folder, *, progress) -> tuple[Path, ...]:
        self._work("outputs", progress, alignment, sets, folder)
        return ()

    def steps(self, files, params, folder):
        return "No steps in a stand-in."

    def drizzle(self, files, params, folder, only=None, *, progress) -> DrizzleResult:
        self.only = only
        self._work("drizzle", progress, files, params, folder)
        if self.apart and params["guard"] == "stop":
            raise Refusal(self.apart, file=files[-1], subject="guard", advice="Align the exposures.")
        figures = tuple(ExposureFigures(path, (ChipFigures(1, 2.5, 120, 0.004),)) for path in files)
        return DrizzleResult(figures, None, None, None, None, (), {"Sky": 0.1}, ("A warning.",))

    def _work(self, name: str, progress: Progress, *given: object) -> None:
        self.given.append((name, *given))
        progress.begin("Stand-in", 10)
        while not self.go.wait(0.005):
            progress.check()
            progress.advance()
        if self.error is not None:
            raise self.error


class StandInPerson:
    """Answers questions with yes unless told otherwise; remembers which were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, object] = {
            "unapplied": "apply",
            "unsaved": "discard",
            "folder": None,
            "failed": "all",
        }

    def _answer(self, question: str) -> object:
        self.asked.append(question)
        return self.answers.get(question, True)

    def files_to_apply(self, alignment, files, wcsname, cards) -> list[Path]:
        self.cards = cards
        answer = self._answer("apply")
        return answer if isinstance(answer, list) else files if answer else []

    def may_replace_name(self, taken) -> bool:
        return bool(self._answer("replace"))

    def may_drizzle(self, files, folder, copies) -> bool:
        return bool(self._answer("drizzle"))

    def unapplied(self, count) -> str:
        return str(self._answer("unapplied"))

    def despite_failed(self, lines) -> str:
        self.told = lines
        return str(self._answer("failed"))

    def despite_guard(self, told) -> str:
        self.told = told
        return str(self._answer("guard"))

    def despite_unfit(self, name, told) -> str:
        self.told = f"{name}: {told}"
        return str(self._answer("unfit"))

    def may_stop(self, running) -> bool:
        return bool(self._answer("stop"))

    def about_unsaved(self, names) -> str:
        return str(self._answer("unsaved"))

    def about_changed_file(self, path) -> str:
        return str(self._answer("changed file"))

    def may_forget(self) -> bool:
        return bool(self._answer("forget"))

    def where_are(self, missing, total) -> str:
        self.missing = missing
        return str(self._answer("missing"))

    def may_recover(self, told, more, given="") -> str:
        self.told, self.given_up = told, given
        return str(self._answer("recover"))

    def may_restore(self, path, state, changed) -> bool:
        return bool(self._answer("restore discarding" if changed else "restore"))

    def may_switch(self, path, version) -> bool:
        return bool(self._answer("switch"))

    def may_restore_all(self, lines, left, changed) -> bool:
        self.told = (lines, left)
        return bool(self._answer("restore all"))

    def may_make_anew(self, lines, left) -> bool:
        self.told = (lines, left)
        return bool(self._answer("anew"))

    def may_carry_back(self, image, lines, left) -> bool:
        self.told = (lines, left)
        return bool(self._answer("carry back"))

    def may_apply_headerlet(self, path, source, cards) -> bool:
        self.cards = cards
        return bool(self._answer("headerlet"))

    def for_photometry(self, product, name):
        answer = self._answer("photometry")
        return (answer, product.parent / name) if isinstance(answer, str) else None

    def file_to_open(self, title, start, filters):
        answer = self._answer("open")
        return answer if isinstance(answer, Path) else None

    def file_to_save(self, title, start, filters):
        answer = self._answer("save")
        return answer / start.name if isinstance(answer, Path) else None

    def folder(self, title, start):
        return self._answer("folder")
