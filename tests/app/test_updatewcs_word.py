"""-p updatewcs=...: a Python argument of drizzlepac's tasks, taken as --updatewcs."""

from __future__ import annotations

import pytest

from app.updatewcs import taken_out
from core.errors import Refusal


def test_yes_and_no_are_taken_and_other_words_refused() -> None:
    assert taken_out(["updatewcs=yes", "build=yes"]) == (["build=yes"], True)
    assert taken_out(["updatewcs = False"]) == ([], False)
    with pytest.raises(Refusal, match="ture"):
        taken_out(["updatewcs=ture"])
