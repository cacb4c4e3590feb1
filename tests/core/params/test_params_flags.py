"""DQ expressions as sets of flags: the same reading as the engine's, and back without loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.dq import good_pixels, parse_bits
from core.params.flags import FLAGS, format_flags, parse_flags
from core.params.meaning import bits_fault

TEXTS = ["64,32", "64+32", "96", "~256", "~(4,8)", "(64,32)", "0", "-97", "~0", "4096", " 64 , 32 ", "65535"]


@pytest.mark.parametrize("text", TEXTS)
def test_good_flags_are_those_of_the_engine(text: str) -> None:
    flags = parse_flags(text)
    assert flags is not None
    engine = good_pixels(np.array(FLAGS, np.uint16), parse_bits(text))
    assert flags.good() == {flag for flag, good in zip(FLAGS, engine, strict=True) if good}


@pytest.mark.parametrize("text", ["", "None", "INDEF", "abc", "64,33", "~-5"])
def test_blank_and_unreadable_are_no_flags(text: str) -> None:
    assert parse_flags(text) is None


def test_a_negative_number_is_not_turned_round_twice() -> None:
    assert "negative" in bits_fault("~-5")


@given(st.sets(st.sampled_from(FLAGS)), st.sampled_from(["", "64,32", "64+32", "~256", "~64+32"]))
def test_writing_and_reading_again_gives_the_same_flags(good: set[int], like: str) -> None:
    text = format_flags(good, like)
    flags = parse_flags(text)
    assert flags is not None
    assert flags.good() == good
    assert flags.turned == like.startswith("~")


def test_written_as_before() -> None:
    assert format_flags({32, 64}) == "64,32"
    assert format_flags({32, 64}, "8+4") == "64+32"
    assert format_flags(set()) == "0"
    assert format_flags(set(FLAGS) - {256}, "~4") == "~256"
