"""The alignment as plain values for `--report` and for other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core import __version__
from core.align.residuals import chip_means
from core.align.results import Alignment, Applied, ImageResult, Written
from core.align.settings import AlignSettings
from core.runs.report import peak_rss_mb, plain


def report(alignment: Alignment, settings: AlignSettings | None = None) -> dict[str, Any]:
    """What `drizzledesk tweakreg --report` writes; numbers that do not exist are None.

    `header` of an image: what became of its header; UNTOUCHED without a reason when none was to be written.
    """
    headers = {
        one.path: {"status": one.status.value, "reason": one.reason}
        for one in (
            *(Applied(image.path, Written.UNTOUCHED) for image in alignment.images),
            *alignment.applied,
        )
    }
    made: dict[str, Any] = {
        "task": "tweakreg",
        "version": __version__,
        "reference": alignment.reference_name,
        "images": [_image(image) | {"header": headers.get(image.path)} for image in alignment.images],
        "products": [str(path) for path in alignment.products],
        "failures": list(alignment.failures),
        "seconds": {step: round(s, 4) for step, s in alignment.seconds.items()},
        "peak_rss_mb": peak_rss_mb(),
    }
    if settings is not None:
        made["parameters"] = {
            part.task.name: part.changed()
            for part in (settings.tweakreg, settings.imagefind, settings.refimagefind)
        }
    return made


def _image(image: ImageResult) -> dict[str, Any]:
    fit, offset, matches = image.fit, image.offset, image.matches
    values: dict[str, Any] = {
        "file": image.name,
        "status": image.status.value,
        "reason": image.reason,
        "advice": image.advice,
        "note": image.note,
        "n_found": image.n_found,
        "n_sources": 0 if image.sources is None else len(image.sources),
        "n_matches": 0 if matches is None else len(matches),
        "n_used": 0 if fit is None else fit.n_used,
        "xsh": None if fit is None else float(fit.shift[0]),
        "ysh": None if fit is None else float(fit.shift[1]),
        "rot": None if fit is None else fit.turn,
        "scale": None if fit is None else fit.scale,
        "rms_x": None if fit is None else fit.rms_x,
        "rms_y": None if fit is None else fit.rms_y,
        "errors": None if fit is None else asdict(fit.errors),
        "robust_rms": None if fit is None else list(fit.robust_rms),
        "chips": [asdict(chip) for chip in chip_means(image)],
        "quality": image.quality,
        "doubts": list(image.doubts),
        "method": image.method,
        "manner": image.manner,
        "suggestions": [asdict(one) for one in image.suggestions],
        "histogram": None,
    }
    if offset is not None:
        values["histogram"] = {
            "x": offset.x,
            "y": offset.y,
            "height": offset.height,
            "second": offset.second,
            "significance": offset.significance,
            "status": offset.status.value,
            "rival": offset.rival,
        }
    return dict(plain(values))
