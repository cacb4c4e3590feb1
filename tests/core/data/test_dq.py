"""DQ bit expressions against astropy.nddata.bitmask, and what they mean for pixels."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.nddata.bitmask import bitfield_to_boolean_mask, interpret_bit_flags
from hypothesis import given
from hypothesis import strategies as st

from core.data.dq import Bits, good_pixels, parse_bits, without_bits
from core.errors import Refusal

FLAGS = st.lists(st.sampled_from([2**n for n in range(16)]), min_size=1, max_size=6, unique=True)


@pytest.mark.parametrize("text", [None, "", "  ", "None", "INDEF", "indef"])
def test_blank_means_all_pixels_are_good(text: str | None) -> None:
    assert parse_bits(text) is None
    assert good_pixels(np.array([0, 1, 65535], np.uint16), None).all()


@pytest.mark.parametrize(
    "text", ["0", "64", "96", "4,8", "4+8", "4|8", "(4,8)", "~4", "~4,8", "~(4+8)", "-1", "-5", "~0"]
)
def test_expressions_read_as_astropy_reads_them(text: str) -> None:
    bits = parse_bits(text)
    assert bits is not None
    assert bits.allowed == interpret_bit_flags(text)


@given(FLAGS, st.sampled_from([",", "+", "|", " , "]), st.booleans(), st.booleans())
def test_any_list_of_flags(flags: list[int], sign: str, turned: bool, brackets: bool) -> None:
    text = sign.join(str(flag) for flag in flags)
    text = f"({text})" if brackets else text
    text = f"~{text}" if turned else text
    dq = np.arange(65536, dtype=np.uint16)
    good = good_pixels(dq, parse_bits(text))
    expected = bitfield_to_boolean_mask(dq, interpret_bit_flags(text), good_mask_value=True, dtype=bool)
    np.testing.assert_array_equal(good, expected)


@given(st.integers(-65536, 65535))
def test_any_integer(number: int) -> None:
    dq = np.arange(0, 65536, 7, dtype=np.uint16)
    expected = bitfield_to_boolean_mask(dq, number, good_mask_value=True, dtype=bool)
    np.testing.assert_array_equal(good_pixels(dq, parse_bits(str(number))), expected)
    assert parse_bits(number) == parse_bits(str(number))


@pytest.mark.parametrize(
    "text", ["abc", "3,8", "4,0", "4,-8", "4,8+16", "~", "()", "~~4", "~-4", "4.0", "4 8", "4,", "1e3"]
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_bits(text)
    assert text in refusal.value.what
    assert refusal.value.advice


def test_clearing() -> None:
    dq = np.array([[0, 16], [4096, 4112]], np.uint16)
    assert without_bits(dq, parse_bits("4096")).tolist() == [[0, 16], [0, 16]]
    assert without_bits(dq, None).tolist() == dq.tolist()
    assert without_bits(dq, None) is not dq
    assert Bits(~4096).bad == 4096
    with pytest.raises(Refusal, match="exclusion"):
        without_bits(dq, parse_bits("~4096"))
