"""What the window knows between runs; lives in the GUI thread, changed only there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.align.choices import Choices
from core.runs.memory import Memory
from ui.engine import AlignSets

if TYPE_CHECKING:
    from core.align.results import Alignment
    from core.drizzle.results import DrizzleResult

ALIGN, APPLY, DRIZZLE = "Align", "Apply", "Drizzle"
REFIT = "Fit again"
PREVIEW = "Looking at the headers"
NOT_STARTED = "not started."


@dataclass(eq=False)
class Session:
    """Results and what they were made from.

    `aligned_files`, `aligned_sets` are the snapshot of the last alignment; `applied` the files whose headers have
    it; `choices` what the person decided about single images; `folder` where products go (None: the folder of the
    first exposure); `agreed` the files that the person let a drizzle run mark; `weights` the final_wht_type of
    `result`.
    """

    memory: Memory = field(default_factory=Memory)
    alignment: Alignment | None = None
    aligned_files: tuple[Path, ...] = ()
    aligned_sets: AlignSets | None = None
    applied: frozenset[Path] = frozenset()
    choices: Choices = field(default_factory=Choices)
    result: DrizzleResult | None = None
    weights: str = "EXP"
    folder: Path | None = None
    running: str = ""
    agreed: frozenset[Path] = frozenset()

    def to_apply(self) -> list[Path]:
        """The ALIGNED files whose headers do not have their new WCS yet."""
        if self.alignment is None:
            return []
        return [
            image.path
            for image in self.alignment.images
            if str(image.status) == "ALIGNED" and image.path not in self.applied
        ]

    def unaligned(self, files: list[Path]) -> dict[Path, str]:
        """Those of `files` whose alignment FAILED, with the reason."""
        if self.alignment is None:
            return {}
        failed = {
            image.path: image.reason for image in self.alignment.images if str(image.status) == "FAILED"
        }
        return {path: failed[path] for path in files if path in failed}

    def product_folder(self, files: list[Path]) -> Path | None:
        return self.folder or (files[0].parent if files else None)


def unavailable(session: Session, files: list[Path], reading: bool) -> dict[str, str]:
    """Why Align, Apply, Drizzle and Stop cannot be pressed now; "" for those that can.

    `files` are the exposures that could be read; `reading` whether some still are.
    """
    if session.running:
        busy = f"{session.running} is running. Stop it, or wait for its end."
        return {ALIGN: busy, APPLY: busy, DRIZZLE: busy, "Stop": ""}
    none = "Open exposures first."
    if reading:
        none = "The exposures are still being read."
    return {
        ALIGN: _align_reason(files, none, reading),
        APPLY: _apply_reason(session, files),
        DRIZZLE: none if not files or reading else "",
        "Stop": "Nothing is running.",
    }


def _align_reason(files: list[Path], none: str, reading: bool) -> str:
    if not files or reading:
        return none
    return ""


def _apply_reason(session: Session, files: list[Path]) -> str:
    alignment = session.alignment
    if alignment is None:
        return "Align first: there is no result to write into the headers."
    if set(session.aligned_files) != set(files):
        return "The list of exposures changed since the alignment. Align again."
    if session.to_apply():
        return ""
    if session.applied:
        return "The headers have this alignment already. Align again to see what is left."
    return "No image is ALIGNED, so there is nothing to write. See the remarks in the table."
