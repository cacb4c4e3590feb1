"""Frames, an alignment and a lane for the tests of the views."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.align.results import (
    Alignment,
    Fit,
    ImageResult,
    Matches,
    Offset,
    PeakStatus,
    Sources,
    Status,
)
from core.data.chipwcs import ChipWCS
from ui.lane import Lane
from ui.views import prepared


@pytest.fixture
def lane(qtbot: QtBot) -> Iterator[Lane]:
    lane = Lane("views")
    yield lane
    lane.close()


@pytest.fixture
def stretched_in(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the threads in which pixels were cut, stretched or reduced."""
    names: set[str] = set()

    def watched(work: Callable[..., object]) -> Callable[..., object]:
        def watch(*args: object, **named: object) -> object:
            names.add(threading.current_thread().name)
            return work(*args, **named)

        return watch

    for name in ("limits", "to_bytes", "pyramid", "mask_bytes"):
        monkeypatch.setattr(prepared, name, watched(getattr(prepared, name)))
    return names


@pytest.fixture
def frame_wcs() -> ChipWCS:
    """A frame of 0.04 arcsec pixels, north up, east to the left."""
    scale = 0.04 / 3600.0
    return ChipWCS(
        np.array([51.0, 41.0]), np.array([201.69, -47.47]), np.array([[-scale, 0.0], [0.0, scale]]), (100, 80)
    )


@pytest.fixture
def offset() -> Offset:
    """Zero in the middle, the peak 8 right and 5 down, a second one 6 left and 4 up; radius 12."""
    counts = np.ones((25, 25), dtype=np.int64)
    counts[12 - 5, 12 + 8] = 200
    counts[12 - 4, 12 + 8] = 90
    counts[12 + 4, 12 - 6] = 40
    return Offset(8.1, -4.8, counts, 12, 200, 40, 195.0, 4, PeakStatus.GOOD)


@pytest.fixture
def alignment(frame_wcs: ChipWCS, offset: Offset) -> Alignment:
    """A reference, an aligned image of 300 matches on two chips of which 6 are clipped, and a failed one."""
    random = np.random.default_rng(7)
    count = 300
    u, v = random.uniform(0, 2000, count), random.uniform(0, 2000, count)
    flux, number = np.full(count, 1e4), np.arange(1, count + 1)
    extver = np.where(v < 1000, 1, 2)
    reference = Sources(u, v, u, v, flux, number, extver, u, v)
    moved = Sources(u, v, u + 8.1, v - 4.8, flux, number, extver, u, v)
    rx, ry = random.normal(0, 0.03, count), random.normal(0, 0.02, count)
    rx[:6] = 0.8
    used = np.ones(count, dtype=bool)
    used[:6] = False
    fit = Fit(
        "rscale", np.eye(2), np.array([8.1, -4.8]), 0.0, 1.0, (1.0, 1.0), 0.0,
        float(rx[used].std()), float(ry[used].std()), used, rx, ry,
    )  # fmt: skip
    order = random.permutation(count)
    matches = Matches(order, order)
    fit_in_order = Fit(**{**fit.__dict__, "used": used[order], "rx": rx[order], "ry": ry[order]})
    images = (
        ImageResult(Path("ibc301qrq_flt.fits"), Status.REFERENCE),
        ImageResult(
            Path("ibc304v3q_flt.fits"), Status.ALIGNED, sources=moved, offset=offset, matches=matches,
            fit=fit_in_order,
        ),
        ImageResult(
            Path("ibc307qyq_flt.fits"), Status.FAILED, "3 matches, minobj asks for 15.", "Increase tolerance."
        ),
    )  # fmt: skip
    return Alignment(frame_wcs, "ibc301qrq_flt.fits", reference, images, {})
