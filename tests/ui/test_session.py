"""Which steps may be taken is a function of the whole state, with a reason in words for each that may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.align.results import Alignment, ImageResult, Status
from core.data.chipwcs import ChipWCS
from tests.ui_standins import no_sources
from ui.session import ALIGN, APPLY, DRIZZLE, Session, unavailable

FILES = [Path("/data/a_flt.fits"), Path("/data/b_flt.fits")]


def aligned(*statuses: Status) -> Session:
    frame = ChipWCS(np.ones(2), np.zeros(2), np.eye(2), (1, 1))
    images = tuple(ImageResult(path, status) for path, status in zip(FILES, statuses, strict=True))
    alignment = Alignment(frame, "a_flt.fits", no_sources(), images, {})
    return Session(alignment=alignment, aligned_files=tuple(FILES))


def allowed(session: Session, files: list[Path], reading: bool = False) -> set[str]:
    return {name for name, reason in unavailable(session, files, reading).items() if not reason}


def test_nothing_without_exposures():
    assert allowed(Session(), []) == set()


def test_exposures_may_be_aligned_or_drizzled_as_they_are():
    assert allowed(Session(), FILES) == {ALIGN, DRIZZLE}


def test_not_while_they_are_being_read():
    assert allowed(Session(), FILES, reading=True) == set()


def test_apply_needs_an_aligned_image():
    assert APPLY in allowed(aligned(Status.REFERENCE, Status.ALIGNED), FILES)
    session = aligned(Status.REFERENCE, Status.FAILED)
    assert "No image is ALIGNED" in unavailable(session, FILES, False)[APPLY]


def test_apply_only_to_the_list_that_was_aligned():
    session = aligned(Status.REFERENCE, Status.ALIGNED)
    assert "changed since" in unavailable(session, FILES[:1], False)[APPLY]


def test_apply_only_once():
    session = aligned(Status.REFERENCE, Status.ALIGNED)
    session.applied = frozenset(FILES[1:])
    assert "have this alignment already" in unavailable(session, FILES, False)[APPLY]


@pytest.mark.parametrize("running", [ALIGN, APPLY, DRIZZLE])
def test_only_stop_while_something_runs(running):
    session = aligned(Status.REFERENCE, Status.ALIGNED)
    session.running = running
    assert allowed(session, FILES) == {"Stop"}
    assert running in unavailable(session, FILES, False)[DRIZZLE]


def test_products_go_to_the_chosen_folder_or_to_that_of_the_exposures():
    assert Session().product_folder(FILES) == Path("/data")
    assert Session(folder=Path("/out")).product_folder(FILES) == Path("/out")
    assert Session().product_folder([]) is None
