"""An alignment from files to verdicts. Nothing is written here; `core.align.apply` and `outputs` do that.

Each step is remembered under what it reads: change `nclip` and only the fits are done again, change `searchrad`
and no source is looked for.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.align.choices import Choices
from core.align.finding import Finder, Image
from core.align.given import Given
from core.align.one import Aligner, One
from core.align.order import Overlaps, Queue, outlines
from core.align.plain import is_plain, plain_sources
from core.align.refer import Reference, at_year, expanded, from_catalog, from_image, none
from core.align.results import Alignment, ImageResult, Sources, Status
from core.align.saving import root
from core.align.settings import PER_AXIS, AlignSettings
from core.align.sources import on_sky, useful
from core.align.verdict import too_few_sources
from core.data.chipwcs import ChipWCS
from core.data.frame import orthogonal_frame, output_frame, read_frame
from core.data.motions import julian_year
from core.data.outfiles import clashes
from core.errors import Refusal
from core.params.when import is_blank
from core.runs.memory import Memory, file_identity
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers

NO_CHOICES = Choices()


def align(
    files: Sequence[str | Path],
    settings: AlignSettings,
    *,
    choices: Choices = NO_CHOICES,
    memory: Memory | None = None,
    workers: Workers | int | None = None,
    progress: Progress | None = None,
) -> Alignment:
    """Align exposures, in the order given; writes nothing.

    `choices` are a person's about single images. A left-out image is SKIPPED and never the reference.

    A file that cannot be used gets the status FAILED with the reason and never stops the others.

    Raises
    ------
    Refusal
        A parameter is set to what is not built or cannot be, no file can be read, the reference named by
        `refimage` or `refcat` cannot be used.
    Cancelled
        `progress` was cancelled.
    """
    run = _Run(settings, choices, memory or Memory(), _workers(workers), progress or Progress())
    paths = [Path(file) for file in files]
    if len({path.resolve() for path in paths}) < len(paths):
        raise Refusal("A file is given twice.", subject="input", advice="Give each exposure once.")
    of_images = (
        "open",
        "finders",
        "sources",
        "offset",
        "pattern",
        "match",
        "fit",
        "twice",
        "chance",
        "image",
    )
    run.memory.make_room(4 * len(paths), *of_images)
    run.memory.make_room(16 * len(paths), "find")  # a result a chip
    images = run.find_all(paths)
    frame, images = run.place_all(images)
    reference = run.reference(images, frame)
    results = run.align_all(images, reference, frame)
    return Alignment(
        frame=frame,
        reference_name=reference.name,
        reference=run.grown if run.grown is not None else reference.sources,
        images=tuple(results),
        seconds=dict(run.progress.seconds),
    )


def _workers(workers: Workers | int | None) -> Workers:
    return Threads(workers) if workers is None or isinstance(workers, int) else workers


class _Run:
    """One call of `align`: the settings taken apart, and the steps in their order."""

    def __init__(
        self,
        settings: AlignSettings,
        choices: Choices,
        memory: Memory,
        workers: Workers,
        progress: Progress,
    ) -> None:
        self.values = settings.tweakreg
        self.find_params = settings.find
        self.ref_find_params = settings.refimage_find
        self.matching = settings.match
        self.fitting = settings.fit
        self.choices = choices
        self.memory = memory
        self.workers = workers
        self.progress = progress
        self.frame_key: Hashable = None
        self.grown: Sources | None = None
        self.given = Given.read(self.values)
        self.finder = Finder(self.given, memory, workers, progress)

    # find -------------------------------------------------------------------------------------------------

    def find_all(self, paths: Sequence[Path]) -> list[Image]:
        """Open all files and find the sources of their chips."""
        for name in self.given.unknown([*paths, _bare_name(self.values["refimage"])]):
            self.progress.warn(f"{name} is listed in catfile or exclusions and not among the exposures.")
        with self.progress.step("Find sources", len(paths)):
            refused = {k: _twin(paths[k], other) for k, other in clashes(paths, root).items()}
            return self.finder.images(paths, self.find_params, refused)

    # frame and sky ----------------------------------------------------------------------------------------

    def place_all(self, images: list[Image]) -> tuple[ChipWCS, list[Image]]:
        """The frame, and every image's sources on the sky and in it."""
        with self.progress.step("Sky positions", len(images)):
            frame = self.frame(images)
            placed = [self.placed(image, frame) for image in images]
        for image in placed:
            if image.note:
                self.progress.warn(f"{image.path.name}: {image.note}")
        return frame, placed

    def frame(self, images: list[Image]) -> ChipWCS:
        """The frame of `refimage`, else the undistorted frame around all chips of all images."""
        refimage = self.values["refimage"]
        if not is_blank(refimage):
            self.frame_key = ("refimage", refimage, file_identity(_bare(refimage)))
            return self.memory.recall("frame", self.frame_key, lambda: read_frame(refimage))
        opened = [image.exposure for image in images if image.exposure is not None]
        if not opened:
            first = next((image.refusal for image in images if image.refusal), None)
            raise first or Refusal(
                "No exposure is given.", subject="input", advice="Give at least two exposures."
            )
        self.frame_key = tuple(file_identity(exposure.path) for exposure in opened)
        chips = [chip.wcs for exposure in opened for chip in exposure.chips]
        return self.memory.recall("frame", self.frame_key, lambda: orthogonal_frame(output_frame(chips)))

    def placed(self, image: Image, frame: ChipWCS, nbright: str = "nbright") -> Image:
        """An image's sources on the sky; of found ones those that `nbright`, a parameter, or good sense leave."""
        if image.exposure is None or image.refusal is not None:
            return image
        wcss = [chip.wcs for chip in image.exposure.chips]
        listed = nbright == "nbright" and self.given.has_catalogs(image.path)
        most = None if listed else self.values[nbright]
        key = (image.key, self.frame_key, most)

        def made() -> tuple[Sources, str]:
            whole = on_sky(image.catalogs, wcss, frame, image.path.name)
            return (whole, "") if listed else useful(whole, most, nbright)

        sources, note = self.memory.recall("sources", key, made)
        return replace(image, sources=sources, key=key, note=note)

    # reference --------------------------------------------------------------------------------------------

    def reference(self, images: list[Image], frame: ChipWCS) -> Reference:
        """The sources to match against: `refcat`, `refimage`, or an image: the first able one, or by overlap."""
        values = self.values
        if not is_blank(values["refcat"]):
            return self.reference_catalog(images, frame)
        if not is_blank(values["refimage"]):
            return self.reference_image(_bare(values["refimage"]), frame)
        able = [image for image in images if self.is_able(image)]
        if not able:
            return none()
        first = able[self.queue(able, frame).first_reference()]
        if first is not images[0] and not self.by_overlap:
            self.progress.warn(
                f"{images[0].path.name} cannot be the reference; {first.path.name} is used instead."
            )
        assert first.sources is not None
        return from_image(first.path, first.sources, first.key)

    def is_able(self, image: Image) -> bool:
        """Whether an image has the sources to take part and is not left out."""
        if image.sources is None or self.choices.of(image.path.name).left_out:
            return False
        return len(image.sources) >= max(1, self.matching.minobj)

    def reference_catalog(self, images: list[Image], frame: ChipWCS) -> Reference:
        """The sources of `refcat`; what a person should know of their epoch is said."""
        made = from_catalog(self.values, frame)
        if made.note:
            self.progress.warn(made.note)
        if made.motions is not None:
            undated = [i.path.name for i in images if i.exposure and not np.isfinite(i.exposure.expstart)]
            if undated:
                names = ", ".join(undated)
                self.progress.warn(f"{names}: no EXPSTART, so proper motions are not applied.")
        return made

    def reference_image(self, path: Path, frame: ChipWCS) -> Reference:
        """The sources of `refimage`: an exposure or drizzled file with SCI extensions, or a plain image."""
        if is_plain(path):
            reads = self.given.key(path, self.ref_find_params, own=False)
            most = self.values["refnbright"]
            key: Hashable = (file_identity(path), reads, self.frame_key, most)
            sources, note = self.memory.recall(
                "plain",
                key,
                lambda: useful(
                    plain_sources(path, self.ref_find_params, frame, self.workers, self.given),
                    most,
                    "refnbright",
                ),
            )
        else:
            image = self.finder.images([path], self.ref_find_params, own=False)[0]
            found = self.placed(image, frame, "refnbright")
            if found.refusal is not None:
                raise found.refusal
            assert found.sources is not None
            sources, key, note = found.sources, found.key, found.note
        if note:
            self.progress.warn(f"{path.name}: {note}")
        if len(sources) < max(1, self.matching.minobj):
            raise Refusal(
                f"Only {len(sources)} sources are found in the reference image, {self.matching.minobj} needed.",
                file=path,
                subject="refimage",
                advice="a lower threshold in refimagefindpars.",
            )
        return from_image(path, sources, key)

    # match and fit ----------------------------------------------------------------------------------------

    @property
    def by_overlap(self) -> bool:
        """Whether the overlaps decide the order; it matters only while the reference grows."""
        return bool(self.values["expand_refcat"]) and not self.values["enforce_user_order"]

    def queue(self, images: list[Image], frame: ChipWCS) -> Queue:
        """The images in their order, or by overlap."""
        if not self.by_overlap:
            return Queue(len(images))
        footprints = [() if i.sources is None else outlines(i.sources, _chips(i), frame) for i in images]
        return Queue(len(images), Overlaps.of(footprints, frame))

    def align_all(self, images: list[Image], reference: Reference, frame: ChipWCS) -> list[ImageResult]:
        """Verdicts in the order of the images; with `expand_refcat` what failed is tried again as it grows."""
        done: dict[Path, ImageResult] = {}
        grows = bool(self.values["expand_refcat"])
        with self.progress.step("Match and fit", len(images)):
            queue = self.queue(images, frame)
            if self.by_overlap:
                queue.begin(outlines(reference.sources, {}, frame))
            while queue:
                self.progress.check()
                index = queue.next()
                image = images[index]
                result = self.result(image, reference, frame)
                done[image.path] = result
                if grows and result.is_good:
                    reference = expanded(reference, result, frame, self.matching.tolerance)
                    queue.grown(index)
                elif result.status is Status.FAILED and image.sources is not None:
                    queue.failed(index)
            self.grown = at_year(reference, _first_year(images), frame).sources
        self._say_manner()
        for result in done.values():
            if result.status is Status.FAILED:
                self.progress.failed(f"{result.name}: {result.reason} Try: {result.advice}")
            elif result.quality == "doubtful":
                self.progress.warn(f"{result.name} is aligned, but doubtful: {' '.join(result.doubts)}")
        return [done[image.path] for image in images]

    def _say_manner(self) -> None:
        """That pairs or fit are not made the ordinary way."""
        if not self.matching.is_one_to_one:
            what = "one pass of pairs from its own start, not one to one"
            self.progress.warn(f"matching = {self.matching.matching}: {what}.")
        if self.fitting.clipping == PER_AXIS:
            what = "residuals are clipped on each axis alone, and all pairs weigh the same"
            self.progress.warn(f"clipping = {PER_AXIS}: {what}.")

    def result(self, image: Image, reference: Reference, frame: ChipWCS) -> ImageResult:
        """What becomes of one image."""
        self.progress.advance()
        made = ImageResult(
            path=image.path,
            status=Status.FAILED,
            catalogs=image.catalogs,
            sources=image.sources,
            note=image.note,
        )
        if image.refusal is not None or image.exposure is None or image.sources is None:
            refusal = image.refusal or Refusal("The file cannot be used.", file=image.path)
            lead = f"{refusal.subject}: " if refusal.subject else ""
            return replace(made, reason=lead + refusal.what, advice=refusal.advice)
        choice = self.choices.of(image.path.name)
        if choice.left_out:
            return replace(
                made,
                status=Status.SKIPPED,
                reason="Left out by hand.",
                advice="Take it in again to align it.",
            )
        present = _chips(image)
        if reference.path is not None and reference.path.resolve() == image.path.resolve():
            return replace(made, status=Status.REFERENCE, new_wcs=present)
        aligner = Aligner(self.matching, self.fitting, self.find_params, frame, self.memory)
        short = too_few_sources(image.sources, self.matching.minobj)
        if short is not None:
            return aligner.refused(made, short)
        if not len(reference.sources):
            return replace(
                made,
                status=Status.SKIPPED,
                reason="There is no reference to align to.",
                advice="Find sources in at least two images.",
            )
        there = at_year(reference, julian_year(image.exposure.expstart), frame)
        if there is not reference:
            made = replace(made, reference=there.sources)
        one = One(image.sources, image.key, there, present, choice)
        reads = (one.pair, choice, self.matching, self.fitting, self.find_params, self.frame_key)
        # a choice about one image leaves all others as they were
        return self.memory.recall("image", reads, lambda: aligner.aligned(made, one))


def _twin(path: Path, other: Path) -> Refusal:
    """Why a file whose catalogs would be written over those of another is left out."""
    what = f"The catalogs of {path} would have the names of those of {other}."
    return Refusal(what, file=path, advice="Align it apart, or rename one of the two.")


def _chips(image: Image) -> dict[int, ChipWCS]:
    return {chip.extver: chip.wcs for chip in image.exposure.chips} if image.exposure is not None else {}


def _first_year(images: list[Image]) -> float:
    """Julian year of the first exposure that knows its date, else NaN."""
    starts = [i.exposure.expstart for i in images if i.exposure and np.isfinite(i.exposure.expstart)]
    return julian_year(starts[0]) if starts else float("nan")


def _bare_name(name: str) -> Path:
    return Path(name.rpartition("[")[0] if name.endswith("]") and "[" in name else name)


def _bare(name: str) -> Path:
    """The file of "drz.fits[sci,1]"."""
    path = _bare_name(name)
    if not path.exists():
        raise Refusal("There is no such file.", file=path, subject="refimage", advice="Check the name.")
    return path
