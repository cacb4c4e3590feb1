"""Opening exposures: what is read, and what is refused with the file and keyword named."""

from __future__ import annotations

import gzip
import math
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.instruments import instrument_of, instruments
from core.errors import Refusal

Write = Callable[..., Path]


def refused(path: Path, subject: str = "", **how: bool) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        open_exposure(path, **how)
    assert Path(refusal.value.file) == path
    assert subject in refusal.value.subject
    assert refusal.value.what
    assert refusal.value.advice
    return refusal.value


def test_what_an_exposure_tells(exposure_file: Path) -> None:
    exposure = open_exposure(exposure_file)
    assert (exposure.rootname, exposure.suffix, exposure.stem) == ("itest1abq", "flt", "itest1abq_flt")
    assert (exposure.instrument, exposure.detector, exposure.filters) == ("WFC3", "UVIS", "F606W")
    assert (exposure.exptime, exposure.expstart) == (40.0, 55200.0)
    assert [chip.extver for chip in exposure.chips] == [1, 2]
    assert [chip.ccdchip for chip in exposure.chips] == [2, 1]
    chip = exposure.chips[0]
    assert chip.shape == (48, 64) == chip.wcs.shape
    assert chip.bunit == "ELECTRONS"
    assert chip.in_electrons
    assert not chip.is_rate
    assert chip.gain == pytest.approx(1.56)
    assert chip.read_noise == pytest.approx(3.15)
    assert [exposure.facts.cte_dir(chip.ccdchip) for chip in exposure.chips] == [-1, 1]


def test_pixels_and_flags(exposure_file: Path, hdus: fits.HDUList) -> None:
    chip = open_exposure(exposure_file).chips[1]
    pixels = chip.read()
    assert pixels.dtype == np.float32
    assert pixels.dtype.isnative
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, hdus["SCI", 2].data)
    flags = chip.read_dq()
    assert flags.dtype == np.uint16
    assert flags[5, 6] == 4112
    assert flags[7, 8] == 32768
    assert chip.read("ERR")[0, 0] == 3.0


def test_reading_leaves_no_open_file(exposure_file: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        exposure = open_exposure(exposure_file)
        for chip in exposure.chips:
            chip.read()
    exposure_file.unlink()
    with pytest.raises(Refusal, match="no such file"):
        exposure.chips[0].read()


def test_chips_come_in_the_order_of_extver(hdus: fits.HDUList, write: Write) -> None:
    order = [0, 4, 5, 6, 1, 2, 3, *range(7, len(hdus))]
    exposure = open_exposure(write(fits.HDUList([hdus[i] for i in order])))
    assert [chip.extver for chip in exposure.chips] == [1, 2]
    np.testing.assert_array_equal(exposure.chips[0].read(), hdus["SCI", 1].data)


def test_amplifiers_that_are_not_read_do_not_count(hdus: fits.HDUList, write: Write) -> None:
    for amp in "ABD":
        hdus[0].header[f"ATODGN{amp}"] = hdus[0].header[f"READNSE{amp}"] = 0.0
    chip = open_exposure(write(hdus)).chips[0]
    assert (chip.gain, chip.read_noise) == (pytest.approx(1.56), pytest.approx(3.2))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("electrons", "ELECTRONS"),
        ("ELECTRONS/S", "ELECTRONS/S"),
        ("COUNTS", "COUNTS"),
        ("counts/s", "COUNTS/S"),
        ("electrons / sec", "ELECTRONS/S"),
    ],
)
def test_units(hdus: fits.HDUList, write: Write, text: str, unit: str) -> None:
    for extver in (1, 2):
        hdus["SCI", extver].header["BUNIT"] = text
    assert open_exposure(write(hdus)).chips[0].bunit == unit


def test_unsigned_and_scaled_integers(hdus: fits.HDUList, write: Write) -> None:
    hdus["SCI", 1].data = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)
    hdus["DQ", 1].data = np.full((48, 64), 40_000, np.uint16)
    chip = open_exposure(write(hdus)).chips[0]
    assert chip.read()[1, 0] == 64.0
    assert chip.read_dq()[0, 0] == 40_000


def test_constant_extensions_of_hubble(hdus: fits.HDUList, write: Write) -> None:
    for name, value in (("DQ", 0), ("ERR", 2.5)):
        constant = fits.ImageHDU(name=name, ver=1)
        constant.header.update(NPIX1=64, NPIX2=48, PIXVALUE=value)
        hdus[name, 1] = constant
    chip = open_exposure(write(hdus)).chips[0]
    assert chip.has_dq
    assert chip.has_err
    assert not chip.read_dq().any()
    np.testing.assert_array_equal(chip.read("ERR"), np.full((48, 64), 2.5, np.float32))


def test_gzip(exposure_file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "itest1abq_flt.fits.gz"
    packed.write_bytes(gzip.compress(exposure_file.read_bytes()))
    exposure = open_exposure(packed)
    assert exposure.stem == "itest1abq_flt"
    np.testing.assert_array_equal(exposure.chips[0].read(), open_exposure(exposure_file).chips[0].read())


@pytest.mark.parametrize("value", [0.0, -1.0, None, "long"])
def test_exposure_time_must_be_there(hdus: fits.HDUList, write: Write, value: object) -> None:
    """drizzlepac makes an empty product of such an exposure and says ok."""
    if value is None:
        del hdus[0].header["EXPTIME"]
    else:
        hdus[0].header["EXPTIME"] = value
    path = write(hdus)
    refused(path, "EXPTIME")
    open_exposure(path, complete=False)


@pytest.mark.parametrize("value", [None, "", "JANSKY"])
def test_unit_must_be_known(hdus: fits.HDUList, write: Write, value: str | None) -> None:
    """drizzlepac takes a missing unit for electrons per second."""
    header = hdus["SCI", 2].header
    if value is None:
        del header["BUNIT"]
    else:
        header["BUNIT"] = value
    path = write(hdus)
    refused(path, "BUNIT")
    assert open_exposure(path, complete=False).chips[1].bunit == ""


@pytest.mark.parametrize("key", ["ATODGNB", "READNSED"])
def test_gain_and_read_noise_must_be_there_for_drizzling(hdus: fits.HDUList, write: Write, key: str) -> None:
    del hdus[0].header[key]
    path = write(hdus)
    refused(path, key[:-1])
    chip = open_exposure(path, complete=False).chips[0]
    assert math.isnan(chip.gain) == key.startswith("ATODGN")
    assert math.isnan(chip.read_noise) == key.startswith("READNSE")


def test_flags_must_be_there_for_drizzling(hdus: fits.HDUList, write: Write) -> None:
    del hdus["DQ", 2]
    path = write(hdus)
    refused(path, "DQ,2")
    chip = open_exposure(path, complete=False).chips[1]
    assert not chip.has_dq
    assert chip.read_dq().shape == chip.shape
    with pytest.raises(Refusal, match="missing"):
        chip.read("TIME")


def test_flags_of_another_size(hdus: fits.HDUList, write: Write) -> None:
    hdus["DQ", 1].data = np.zeros((48, 63), np.int16)
    refused(write(hdus), "DQ,1")


def test_no_science(hdus: fits.HDUList, write: Write) -> None:
    del hdus["SCI", 2], hdus["SCI", 1]
    refused(write(hdus), "SCI")


def test_two_chips_with_one_number(hdus: fits.HDUList, write: Write) -> None:
    hdus["SCI", 2].header["EXTVER"] = 1
    refused(write(hdus), "EXTVER")


def test_plain_image(tmp_path: Path) -> None:
    path = tmp_path / "plain_flt.fits"
    fits.PrimaryHDU(np.zeros((4, 4), np.float32)).writeto(path)
    assert "plain" in refused(path, "SCI").what


@pytest.mark.parametrize("shape", [(4,), (2, 3, 4)])
def test_science_that_is_no_image(hdus: fits.HDUList, write: Write, shape: tuple[int, ...]) -> None:
    hdus["SCI", 1].data = np.zeros(shape, np.float32)
    refused(write(hdus), "SCI,1")


def test_science_without_pixels(hdus: fits.HDUList, write: Write) -> None:
    empty = fits.ImageHDU(header=hdus["SCI", 1].header)
    empty.data = None
    hdus["SCI", 1] = empty
    refused(write(hdus), "SCI,1")


def test_text_empty_missing_folder(tmp_path: Path) -> None:
    text = tmp_path / "a_flt.fits"
    text.write_text("SIMPLE as this is, it is text\n")
    assert "not a FITS file" in refused(text).what
    empty = tmp_path / "b_flt.fits"
    empty.touch()
    assert "empty" in refused(empty).what
    assert "no such file" in refused(tmp_path / "c_flt.fits").what
    (tmp_path / "d_flt.fits").mkdir()
    refused(tmp_path / "d_flt.fits")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable(exposure_file: Path) -> None:
    exposure_file.chmod(0)
    assert "Cannot read" in refused(exposure_file).what


def test_garbage_in_a_header(exposure_file: Path) -> None:
    raw = bytearray(exposure_file.read_bytes())
    raw[80:2880] = bytes(range(256)) * 10 + bytes(240)
    exposure_file.write_bytes(raw)
    refused(exposure_file)


def test_every_truncation_is_found(exposure_file: Path, tmp_path: Path) -> None:
    """astropy opens a truncated file with a warning, and the last extension then lacks pixels."""
    raw = exposure_file.read_bytes()
    with fits.open(exposure_file) as hdus:
        ends = [info["datLoc"] + info["datSpan"] for info in (hdu.fileinfo() for hdu in hdus)]
        last = hdus[-1].fileinfo()["datLoc"] + hdus[-1].size
    path = tmp_path / "cut_flt.fits"
    # every block boundary that is not also the end of an extension, and odd places
    for size in [*range(2880, len(raw), 2880), 100, 5000, len(raw) // 2 + 17, last - 1]:
        if size in ends:
            continue
        path.write_bytes(raw[:size])
        refused(path)
    path.write_bytes(raw[:last])
    assert len(open_exposure(path).chips) == 2  # only the padding of the last block is lost


def test_file_cut_between_two_extensions(hdus: fits.HDUList, write: Write) -> None:
    """Valid FITS, but a full frame has two chips and NEXTEND knows of more extensions."""
    for hdu in hdus[1:7]:
        hdu.data = np.zeros((2051, 4096), hdu.data.dtype)
    whole = write(hdus)
    open_exposure(whole)
    cut = fits.HDUList([h for h in hdus if h.ver != 2 or h.name not in ("SCI", "ERR", "DQ")])
    assert "truncated" in refused(write(cut, "cut_flt.fits"), "NEXTEND").what


@pytest.mark.parametrize("keep", [10, 2000, -5])
def test_truncated_gzip(exposure_file: Path, tmp_path: Path, keep: int) -> None:
    packed = tmp_path / "cut_flt.fits.gz"
    packed.write_bytes(gzip.compress(exposure_file.read_bytes())[:keep])
    assert "gzip" in refused(packed).what


def test_other_instruments_work_by_general_rules(hdus: fits.HDUList, write: Write) -> None:
    h = hdus[0].header
    h["INSTRUME"], h["DETECTOR"] = "FOC", "F96"
    for amp in "ABCD":
        del h[f"ATODGN{amp}"], h[f"READNSE{amp}"]
    h["ATODGAIN"], h["READNSE"] = 4.016, 7.9
    for extver in (1, 2):
        hdus["SCI", extver].header["BUNIT"] = "COUNTS"
    exposure = open_exposure(write(hdus))
    chip = exposure.chips[0]
    assert (chip.gain, chip.read_noise, chip.in_electrons) == (4.016, 7.9, False)
    assert not exposure.facts.is_known
    assert exposure.facts.title == "FOC/F96"
    assert exposure.notes == ("itest1abq_flt.fits: nothing is known of FOC/F96, such as CTE trails.",)


def test_an_unknown_detector_needs_pixels_wcs_and_time_alone(hdus: fits.HDUList, write: Write) -> None:
    h = hdus[0].header
    h["INSTRUME"], h["DETECTOR"] = "CAMERA", ""
    for amp in "ABCD":
        del h[f"ATODGN{amp}"], h[f"READNSE{amp}"]
    bare = fits.HDUList([hdu for hdu in hdus if hdu.name not in ("DQ", "ERR")])
    for hdu in (hdu for hdu in bare if hdu.name == "SCI"):
        del hdu.header["BUNIT"]
    exposure = open_exposure(write(bare))
    chip = exposure.chips[0]
    assert (chip.gain, chip.read_noise, chip.bunit, chip.has_dq) == (1.0, 0.0, "ELECTRONS", False)
    assert not chip.read_dq().any()
    assert exposure.notes[0].endswith("a gain of 1 e-/DN, no read noise, pixels in electrons, no bad pixels.")
    bare["SCI", 1].header["BUNIT"] = "MJY/SR"  # a unit that is there and not known is never guessed
    assert "MJY/SR" in refused(write(bare), "BUNIT of SCI,1").what


def test_tables_of_detectors() -> None:
    assert {("WFC3", "UVIS"), ("WFC3", "IR"), ("ACS", "WFC")} <= set(instruments())
    for facts in instruments().values():
        assert facts.is_known
        assert facts.cr_bit == (8192 if facts.instrument == "STIS" else 4096)
        bits = [flag.bit for flag in facts.dq]
        assert bits == sorted(set(bits))
        assert all(bit & (bit - 1) == 0 for bit in bits)
        assert all(flag.text.endswith(".") and flag.name for flag in facts.dq)
        assert 0.02 < facts.plate_scale < 0.21
        assert facts.full_shape is not None
        assert facts.flat_keywords
        assert bool(facts.dark_keyword) != bool(facts.dark_rate)
    assert instrument_of(" wfc3", "uvis ").native_units == "ELECTRONS"
    assert instrument_of("WFC3", "IR").native_units == "ELECTRONS/S"


@pytest.mark.shared
def test_every_real_exposure_opens(shared_data: Path) -> None:
    files = sorted(shared_data.glob("*/*.fits")) + sorted(shared_data.glob("*/*.fits.gz"))
    assert len(files) > 15
    for path in files:
        exposure = open_exposure(path)
        assert exposure.facts.is_known
        for chip in exposure.chips:
            assert chip.read().shape == chip.read_dq().shape == chip.shape


def test_waivered_files_are_refused_by_what_they_are(tmp_path: Path) -> None:
    groups = fits.TableHDU.from_columns([fits.Column("CRVAL1", "D25.16", array=np.arange(4.0))])
    path = tmp_path / "u1_c0f.fits"
    fits.HDUList([fits.PrimaryHDU(np.zeros((4, 8, 8), np.float32)), groups]).writeto(path)
    assert "waivered" in refused(path, "SCI").what
