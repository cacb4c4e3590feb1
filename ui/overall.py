"""How far a whole run is: its steps, one after the other, weighed roughly by the time that they take."""

from __future__ import annotations

from core.runs.progress import Report

# seconds of each step in runs of three full frames with everything on; steps that are off are jumped over
STEPS: dict[str, dict[str, float]] = {
    "Align": {"Find sources": 6.0, "Sky positions": 0.5, "Match and fit": 2.0},
    "Drizzle": {
        "Reading the exposures": 0.3,
        "Static mask": 0.7,
        "Sky subtraction": 1.0,
        "Separate drizzle": 2.5,
        "Median image": 0.8,
        "Blot": 1.2,
        "Cosmic ray masks": 1.2,
        "Final drizzle": 2.5,
        "Updating the exposures": 0.6,
    },
}


class Overall:
    """Turns reports of single steps into one share of the whole that never goes back."""

    def __init__(self, run: str) -> None:
        self._steps = STEPS.get(run, {})
        self._whole = sum(self._steps.values())
        self._share: float | None = None

    def share(self, report: Report) -> float | None:
        """0..1; of a run without known steps the share of its only step; None as long as nothing is known."""
        within = min(report.done / report.total, 1.0) if report.total > 0 else 0.0
        if not self._steps:
            return within if report.total > 0 else None
        if report.step in self._steps:
            names = list(self._steps)
            before = sum(self._steps[name] for name in names[: names.index(report.step)])
            now = (before + within * self._steps[report.step]) / self._whole
            self._share = max(self._share or 0.0, now)
        return self._share
