"""The report of a drizzle run as one HTML page: final image, exposures and chips, diagnostics, products, parameters,
times."""

from __future__ import annotations

from html import escape
from pathlib import Path

from core.data.safe import write_text
from core.drizzle.diagnostics import CosmicRate, Diagnostics
from core.drizzle.results import DrizzleResult, ExposureFigures
from core.drizzle.starwidth import Width
from core.params import ParamSet
from ui.htmlpage import cell, document, parameters, run_facts, table, two_columns
from ui.htmlpictures import product_pictures

HEADS = ("file", "chip", "sky", "cosmic ray pixels", "of the good ones [%]", "before growing [%]", "remark")


def write_drizzle_html(
    path: str | Path,
    result: DrizzleResult,
    params: ParamSet,
    diagnostics: Diagnostics | None = None,
    peak_rss_mb: float | None = None,
) -> Path:
    """Write the report. May run in any thread. Raises `Refusal` when the file cannot be written."""
    write_text(drizzle_page(result, params, diagnostics, peak_rss_mb), path)
    return Path(path)


def drizzle_page(
    result: DrizzleResult, params: ParamSet, diagnostics: Diagnostics | None, peak_rss_mb: float | None = None
) -> str:
    """The whole page."""
    name = result.science.name if result.science is not None else "no final image"
    memory = f"<p>At most {peak_rss_mb:.0f} MB of memory were used.</p>" if peak_rss_mb else ""
    parts = [
        _summary(result),
        *product_pictures(result),
        "<h2>Exposures</h2>",
        '<p class="quiet">Sky in the units of each exposure.</p>',
        table(HEADS, [row for exposure in result.exposures for row in _rows(exposure)]),
        *_told("Warnings", list(result.warnings)),
        *_diagnosed(diagnostics),
        *_told("Products", [str(path) for path in result.products]),
        "<h2>Parameters that differ from the defaults</h2>",
        parameters(params),
        "<h2>Run</h2>",
        two_columns(("step", "what became of it"), list(result.steps.items())),
        run_facts(dict(result.seconds)),
        memory,
    ]
    return document(f"Drizzle: {name}", parts)


def _summary(result: DrizzleResult) -> str:
    count = len(result.exposures)
    good = sum(not exposure.reason for exposure in result.exposures)
    kind = "good" if good == count else "bad"
    return f'<p class="{kind}">{good} of {count} exposures went in without trouble.</p>'


def _rows(exposure: ExposureFigures) -> list[str]:
    """A row of a table for each chip; one with the reason for an exposure that was left out."""
    if not exposure.chips:
        return [cell(exposure.name, "t") + cell("") * 5 + cell(exposure.reason, "t bad")]
    return [
        cell(exposure.name, "t")
        + cell(f"SCI,{chip.extver}")
        + cell(f"{chip.sky:.6g}")
        + cell(f"{chip.n_cr}")
        + cell(f"{100 * chip.cr_fraction:.3f}")
        + cell(f"{100 * chip.core_fraction:.3f}")
        + cell(exposure.reason, "t bad")
        for chip in exposure.chips
    ]


def _told(title: str, texts: list[str]) -> list[str]:
    """A heading and a paragraph for each text; nothing for none."""
    return [f"<h2>{escape(title)}</h2>", *(f"<p>{escape(text)}</p>" for text in texts)] if texts else []


def _diagnosed(found: Diagnostics | None) -> list[str]:
    """Cosmic rays against what is to be expected, coverage, widths of stars, and what to look at."""
    if found is None:
        return []
    lines = [(one.name, _rate(one)) for one in found.cosmic]
    facts = [two_columns(("exposure", "cosmic rays"), lines)]
    if found.coverage is not None:
        seen = ", ".join(
            f"{100 * part:.1f} % by {k}" for k, part in enumerate(found.coverage.seen, 1) if part >= 0.0005
        )
        words = f"Pixels seen: {seen} exposures. " if seen else ""
        words += f"Holes: {100 * found.coverage.holes:.3f} %."
        if found.coverage.variation is not None:
            words += f" Rms over median of the weights: {found.coverage.variation:.3f}."
        facts.append(f"<p>{escape(words)}</p>")
    facts += [
        f"<p>{escape(f'Stars in the {where}: FWHM {width.fwhm:.4f}″ from {width.stars} images.')}</p>"
        for where, width in _widths(found)
    ]
    facts += [f'<p class="warn">{escape(f"{one.parameter}: {one.text}")}</p>' for one in found.remarks]
    facts = [fact for fact in facts if fact]
    return ["<h2>Diagnostics</h2>", *facts] if facts else []


def _rate(one: CosmicRate) -> str:
    words = f"{100 * one.flagged:.3f} % flagged, {100 * one.grown:.3f} % with growing"
    if one.expected is not None:
        words += f"; expected {100 * one.expected[0]:.3f} to {100 * one.expected[1]:.3f} %"
    return f"{words}; {one.outlier}" if one.outlier else words


def _widths(found: Diagnostics) -> list[tuple[str, Width]]:
    both = (("exposures", found.inputs), ("product", found.drizzled))
    return [(where, width) for where, width in both if width is not None]
