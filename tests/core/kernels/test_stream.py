"""Byte order, flags and masks against numpy, pixel by pixel."""

from __future__ import annotations

import numpy as np

from core.kernels import stream as kernel

NONE = np.zeros((0, 0), np.uint8)


def chip(seed: int = 1, shape: tuple[int, int] = (13, 29)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Data with values that are no numbers, flags, a mask."""
    rng = np.random.default_rng(seed)
    data = rng.normal(100, 30, shape).astype(np.float32)
    data[2, 3], data[5, 6], data[0, 0] = np.nan, np.inf, -np.inf
    flags = rng.choice(np.array([0, 0, 0, 4, 16, 64, 4096, 32768], np.uint16), shape)
    return data, flags, (rng.random(shape) > 0.2).astype(np.uint8)


def test_bytes_are_turned_round() -> None:
    data, flags, _ = chip()
    words, halves = np.empty(data.size, np.uint32), flags.reshape(-1).copy()
    kernel.turn_words(data.reshape(-1).view(np.uint32), words)
    kernel.turn_halves(halves, halves)
    assert words.tobytes() == data.astype(">f4").tobytes()
    assert halves.tobytes() == flags.astype(">u2").tobytes()


def test_good_pixels() -> None:
    _, flags, mask = chip()
    own = chip(2)[2]
    good = np.empty(flags.shape, np.uint8)
    count = kernel.good_rows(flags, 0xFFFF & ~64, mask, own, good)
    expected = ((flags & ~np.uint16(64)) == 0) & (mask == 1) & (own == 1)
    assert np.array_equal(good, expected)
    assert count == expected.sum()
    kernel.good_rows(flags, 0, NONE, NONE, good)
    assert good.all()


def test_prepared_pixels() -> None:
    data, _, mask = chip()
    made, weight = data.copy(), np.empty_like(data)
    kernel.prepare_rows(made, mask, np.float32(4.25), np.float32(1.5), np.float32(40.0), weight)
    finite = np.isfinite(data)
    expected = (data - np.float32(4.25)) * np.float32(1.5)
    assert np.array_equal(made, np.where(finite, expected, np.float32(0.0)))
    assert np.array_equal(weight, np.where(finite & (mask == 1), np.float32(40.0), np.float32(0.0)))


def test_picked_pixels_keep_their_order() -> None:
    data, _, mask = chip()
    out = np.empty(int(mask.sum()), np.float32)
    assert kernel.pick(data, mask, out) == mask.sum()
    assert np.array_equal(out, data[mask == 1], equal_nan=True)


def test_low_pixels_are_masked() -> None:
    data, _, mask = chip()
    good = mask.copy()
    count = kernel.mask_below(data, 80.0, good)
    assert count == (data < 80.0).sum()
    assert np.array_equal(good, np.where(data < 80.0, 0, mask))


def test_counts_of_flagged_pixels() -> None:
    usable, good, core = (chip(seed)[2] for seed in (1, 2, 3))
    seen = usable == 1
    expected = (seen.sum(), (seen & (good == 0)).sum(), (seen & (core == 0)).sum())
    assert kernel.count_rows(usable, good, core) == expected


def test_flags_are_cleared_then_set() -> None:
    _, flags, mask = chip()
    new = flags.copy()
    changed = kernel.flag_rows(new, mask, 4096 | 64, 8192)
    expected = flags & np.uint16(0xFFFF & ~(4096 | 64))
    expected = np.where(mask == 0, expected | np.uint16(8192), expected)
    assert np.array_equal(new, expected)
    assert changed == (expected != flags).sum()
    again = new.copy()
    assert kernel.flag_rows(again, NONE, 4096, 8192) == 0
    assert np.array_equal(again, new)
