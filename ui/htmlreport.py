"""The report of an alignment as one HTML page that needs nothing else: figures, plots, parameters, versions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.align.choices import Choice, Choices
from core.align.results import Alignment, Catalog, ImageResult, PeakStatus
from core.data.safe import write_text
from core.params import ParamSet
from ui.htmlpage import cell, document, parameters, run_facts, table

if TYPE_CHECKING:
    from ui.reportplots import Pictures

Pngs = Mapping[tuple[Path, str], bytes]

HEADS = ("file", "status", "sources", "matches", "used", "xsh [px]", "ysh [px]", "rot [°]", "scale", "rms x [px]",
         "rms y [px]", "rms [mas]", "remark")  # fmt: skip
COLOUR = {"REFERENCE": "ref", "ALIGNED": "good", "FAILED": "bad", "SKIPPED": "warn", "DOUBTFUL": "warn"}
CAPTIONS = {
    "histogram": "Offsets of all pairs of stars, image minus reference; the chosen peak is ringed.",
    "residuals": "Residuals of the fit, image minus fit, against the position in the reference frame.",
    "vectors": "The same residuals as arrows at the places of the stars.",
}


class Sets(Protocol):
    """The three parameter sets of an alignment."""

    @property
    def tweakreg(self) -> ParamSet: ...
    @property
    def imagefind(self) -> ParamSet: ...
    @property
    def refimagefind(self) -> ParamSet: ...


def write_html(
    path: str | Path,
    alignment: Alignment,
    sets: Sets,
    pictures: Pictures | None = None,
    choices: Choices | None = None,
    applied: Iterable[Path] = (),
) -> Path:
    """Write the report; `applied` are the files whose headers have their new WCS. May run in any thread.

    Raises `Refusal` when the file cannot be written.
    """
    pngs: dict[tuple[Path, str], bytes] = {}
    if pictures:
        from ui.views.paper import png_of  # the page itself needs no Qt

        pngs = {key: png_of(image) for key, image in pictures.items()}
    write_text(page(alignment, sets, pngs, choices or Choices(), frozenset(applied)), path)
    return Path(path)


def page(
    alignment: Alignment, sets: Sets, pngs: Pngs, choices: Choices, applied: frozenset[Path] = frozenset()
) -> str:
    """The whole page."""
    parts = [
        _summary(alignment),
        _table(alignment, applied),
        "<h2>Images</h2>",
        *(_image(image, alignment, choices.of(image.name), pngs) for image in alignment.images),
        "<h2>Parameters that differ from the defaults</h2>",
        *(parameters(one) for one in (sets.tweakreg, sets.imagefind, sets.refimagefind)),
        "<h2>Run</h2>",
        run_facts(dict(alignment.seconds)),
    ]
    return document(f"Alignment to {alignment.reference_name}", parts)


def _summary(alignment: Alignment) -> str:
    count = len(alignment.images)
    good = sum(str(image.status) in ("ALIGNED", "REFERENCE") for image in alignment.images)
    frame = alignment.frame
    return (
        f'<p class="{"good" if good == count else "bad"}">{good} of {count} images are aligned, or the reference.</p>'
        f"<p>Frame: {frame.scale:.6g}″ a pixel at RA {frame.crval[0]:.7f}°, Dec {frame.crval[1]:+.7f}°; "
        f"{len(alignment.reference)} reference sources. Shifts and residuals are in pixels of this frame, image minus "
        "reference.</p>"
    )


def _table(alignment: Alignment, applied: frozenset[Path]) -> str:
    mas = alignment.frame.scale * 1000.0
    return table(HEADS, [_row(image, mas, image.path in applied) for image in alignment.images])


def _row(image: ImageResult, mas: float, applied: bool) -> str:
    fit, status = image.fit, _status(image)
    sources = str(len(image.sources)) if image.sources is not None else ""
    cells = [
        cell(image.name, "t"),
        f'<td class="{COLOUR.get(status, "")}">{escape(status)}</td>',
        cell(sources),
        cell(str(len(image.matches)) if image.matches is not None else ""),
    ]
    if fit is None:
        cells += [cell("")] * 8
    else:
        rms = (0.5 * (fit.rms_x**2 + fit.rms_y**2)) ** 0.5
        figures = (
            f"{fit.n_used}", f"{fit.shift[0]:+.4f}", f"{fit.shift[1]:+.4f}", f"{fit.turn:+z.6f}",
            f"{fit.scale:.7f}", f"{fit.rms_x:.4f}", f"{fit.rms_y:.4f}", f"{rms * mas:.2f}",
        )  # fmt: skip
        cells += [cell(text) for text in figures]
    written = "New WCS written to the header." if applied else ""
    cells.append(cell(" ".join(part for part in (_remark(image), written) if part), "t"))
    return "".join(cells)


def _status(image: ImageResult) -> str:
    """The status, or DOUBTFUL for an alignment that something speaks against."""
    return "DOUBTFUL" if image.quality == "doubtful" else str(image.status)


def _remark(image: ImageResult) -> str:
    advice = f"Try: {image.advice}" if image.advice else ""
    return " ".join(part for part in (image.reason, *image.doubts, image.manner, advice) if part)


def _image(image: ImageResult, alignment: Alignment, choice: Choice, pngs: Pngs) -> str:
    """Status with its reason, what the person decided, sources of each chip, plots."""
    status = _status(image)
    lines = [
        f"<h3>{escape(image.name)}</h3>",
        f'<p><b class="{COLOUR.get(status, "")}">{escape(status)}</b> {escape(_remark(image))}</p>',
        f'<p class="quiet">{escape(str(image.path))}</p>',
    ]
    lines += [f"<p>{escape(words)}</p>" for words in (_chosen(choice), _peak(image), _fitted(image)) if words]
    lines += [f"<p>{escape(_found(catalog))}</p>" for catalog in image.catalogs]
    for name, caption in CAPTIONS.items():
        png = pngs.get((image.path, name))
        if png is not None:
            alt = escape(f"{name} of {image.name}", quote=True)
            lines.append(
                f'<figure><img alt="{alt}" src="data:image/png;base64,{b64encode(png).decode()}">'
                f'<figcaption class="quiet">{escape(caption)}</figcaption></figure>'
            )
    return "\n".join(lines)


def _chosen(choice: Choice) -> str:
    """What the person decided about an image; "" for nothing."""
    words = []
    if choice.left_out:
        words.append("left out")
    if choice.offset is not None:
        words.append(f"peak at {choice.offset[0]:+.3f}, {choice.offset[1]:+.3f} px")
    if choice.wider is not None:
        words.append(f"search radius times {choice.wider:g}")
    if choice.excluded:
        numbers = ", ".join(str(number) for number in sorted(choice.excluded))
        words.append(f"{len(choice.excluded)} stars out of the fit (source numbers {numbers})")
    return f"Chosen by hand: {'; '.join(words)}." if words else ""


def _peak(image: ImageResult) -> str:
    offset = image.offset
    if offset is None:
        return ""
    if offset.status is PeakStatus.NOT_USED:
        return f"Offset given: x {offset.x:+.3f}, y {offset.y:+.3f} px; the histogram was not used."
    return (
        f"Histogram: peak of {offset.height} pairs at x {offset.x:+.3f}, y {offset.y:+.3f} px, significance "
        f"{offset.significance:.1f}, highest bin elsewhere {offset.second}; {offset.status.value}."
    )


def _fitted(image: ImageResult) -> str:
    fit = image.fit
    if fit is None:
        return ""
    errors, robust = fit.errors, fit.robust_rms
    return (
        f"Fit ({fit.geometry}) with {fit.n_used} stars: shift {fit.shift[0]:+.4f} ± {errors.x:.4f}, "
        f"{fit.shift[1]:+.4f} ± {errors.y:.4f} px; rotation {fit.turn:+z.6f} ± {errors.rot:.6f}°; scale "
        f"{fit.scale:.7f} ± {errors.scale:.7f}; robust rms {robust[0]:.4f}, {robust[1]:.4f} px."
    )


def _found(catalog: Catalog) -> str:
    return (
        f"SCI,{catalog.extver}: {len(catalog)} sources; noise {catalog.sigma:.4g}, threshold "
        f"{catalog.threshold:.4g} in units of the image."
    )
