"""Two sets side by side, and the difference as text."""

from __future__ import annotations

import pytest

from core.errors import Refusal
from core.params import TASKS
from core.params.compare import compare, difference_text

DEFAULTS = TASKS["astrodrizzle"].defaults()


def test_only_what_differs_differs() -> None:
    rows = compare(DEFAULTS.replaced(final_pixfrac=0.8, output="a, b"), DEFAULTS)
    assert len(rows) == len(TASKS["astrodrizzle"].names)
    assert [row.name for row in rows if row.differs] == ["output", "final_pixfrac"]


def test_type_and_nan_count_as_they_should() -> None:
    nan = DEFAULTS.replaced(final_fillval=float("nan"))
    assert not [row for row in compare(nan, nan) if row.differs]
    none = DEFAULTS.replaced(final_fillval=None)
    assert [row.name for row in compare(nan, none) if row.differs] == ["final_fillval"]


def test_what_is_not_known_does_not_differ() -> None:
    rows = compare(DEFAULTS.replaced(final_pixfrac=0.8), DEFAULTS, known={"final_kernel"})
    assert not [row for row in rows if row.differs]
    row = next(row for row in rows if row.name == "final_pixfrac")
    assert row.right_text == "not known"


def test_the_text_names_section_and_both_values() -> None:
    rows = compare(DEFAULTS, DEFAULTS.replaced(final_scale=0.03, output="x"), known=set(DEFAULTS) - {"build"})
    assert difference_text(rows, "the form", "my.cfg").splitlines() == [
        "astrodrizzle: the form -> my.cfg",
        "",
        "[general]",
        'output = "" -> x',
        "",
        "[STEP 7a: CUSTOM WCS FOR FINAL OUTPUT]",
        "final_scale = None -> 0.03",
        "",
        "Not known of my.cfg: build",
    ]


def test_no_difference_is_said() -> None:
    assert "No difference." in difference_text(compare(DEFAULTS, DEFAULTS), "a", "b")


def test_sets_of_two_tasks_are_refused() -> None:
    with pytest.raises(Refusal, match="cannot be compared"):
        compare(DEFAULTS, TASKS["tweakreg"].defaults())
