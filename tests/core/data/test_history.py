"""Former states of headers: put back byte for byte, whatever happens in between."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from core.data.exposure import open_exposure
from core.data.history import folder_of, previous_state, restore, rewrite_recorded, states
from core.data.snapshot import capture, differences
from core.data.update import update_exposure
from core.data.wcsbook import write_wcs
from core.errors import Refusal
from tests.killing import victims


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def header_sums(path: Path) -> list[str]:
    return [hashlib.sha256(part.header).hexdigest() for part in capture(path).parts]


def apply(path: Path, name: str) -> None:
    new = {
        chip.extver: chip.wcs.moved(chip.wcs.crval + 1e-5, chip.wcs.cd * 1.0001)
        for chip in open_exposure(path).chips
    }
    write_wcs(
        path,
        new,
        wcsname=name,
        rms_ra=1e-6,
        rms_dec=2e-6,
        nmatch=55,
        action="Aligned to a_flt.fits",
        detail="good",
    )


def current(path: Path) -> int | None:
    return next((state.number for state in states(path) if state.current), None)


def test_two_changes_and_back_to_each_state(exposure_file: Path) -> None:
    sums, headers = [digest(exposure_file)], [header_sums(exposure_file)]
    assert states(exposure_file) == ()
    assert previous_state(exposure_file) is None
    for name in ("FIRST", "SECOND"):
        apply(exposure_file, name)
        sums.append(digest(exposure_file))
        headers.append(header_sums(exposure_file))
    assert len(set(sums)) == 3
    for number in (1, 3, 2, 3, 1, 2):
        made = restore(exposure_file, number)
        assert made.current
        assert digest(exposure_file) == sums[number - 1]
        assert header_sums(exposure_file) == headers[number - 1]
    open_exposure(exposure_file)


def test_what_a_state_tells(exposure_file: Path) -> None:
    apply(exposure_file, "FIRST")
    first, second = states(exposure_file)
    assert (first.number, first.action, first.wcsname, first.current) == (1, "First seen", "IDC_test", False)
    assert first.rms_mas == (None, None)
    assert (second.number, second.action, second.detail) == (2, "Aligned to a_flt.fits", "good")
    assert (second.wcsname, second.nmatch, second.parent, second.current) == ("FIRST", 55, 1, True)
    assert second.rms_mas == (pytest.approx(3.6), pytest.approx(7.2))
    assert second.program.startswith("DrizzleDesk ")
    assert time.strptime(second.date, "%Y-%m-%dT%H:%M:%S+00:00")
    record = json.loads((folder_of(exposure_file) / "0002.json").read_text())
    cards = next(hdu["cards"] for hdu in record["hdus"] if hdu["extname"] == "SCI")
    assert any(card.startswith("WCSNAME = 'FIRST") for card in cards)  # can be read by eye
    tables = list((folder_of(exposure_file) / "tables").iterdir())
    with fits.open(next(one for one in tables if one.name.startswith("WCSCORR"))) as hdus:
        assert hdus[1].name == "WCSCORR"


def test_undo_and_redo(exposure_file: Path) -> None:
    apply(exposure_file, "FIRST")
    apply(exposure_file, "SECOND")
    sums = digest(exposure_file)
    for expected in (2, 1):
        back = previous_state(exposure_file)
        assert back is not None
        assert back.number == expected
        restore(exposure_file, back.number)
    assert previous_state(exposure_file) is None
    assert [state.same_as for state in states(exposure_file)] == [None, None, None, 2, 1]
    # restores are states themselves: going on from there loses nothing
    restore(exposure_file, 3)
    assert digest(exposure_file) == sums
    assert restore(exposure_file, 3).number == current(exposure_file) == 6  # nothing to do, nothing recorded


def test_a_new_branch_after_a_restore(exposure_file: Path) -> None:
    apply(exposure_file, "FIRST")
    restore(exposure_file, 1)
    apply(exposure_file, "FIRST")  # the name is free again
    assert [state.parent for state in states(exposure_file)] == [None, 1, 2, 3]
    back = previous_state(exposure_file)
    assert back is not None
    restore(exposure_file, back.number)
    assert open_exposure(exposure_file).chips[0].header["WCSNAME"] == "IDC_test"


def test_drizzled_since_headers_back_pixels_kept(exposure_file: Path) -> None:
    before = header_sums(exposure_file)
    apply(exposure_file, "FIRST")
    flags = np.full((48, 64), 4096, np.uint16)
    update_exposure(exposure_file, sky={1: 3.0}, dq={1: flags})
    made = restore(exposure_file, 1)
    assert header_sums(exposure_file) == before
    assert "DQ,1" in made.detail
    np.testing.assert_array_equal(open_exposure(exposure_file).chips[0].read_dq(), flags)
    assert [state.action for state in states(exposure_file)][2] == "Drizzled"
    restore(exposure_file, 3)
    assert open_exposure(exposure_file).chips[0].header["MDRIZSKY"] == 3.0


def test_checksums_hold_after_pixels_changed(exposure_file: Path) -> None:
    with fits.open(exposure_file) as hdus:
        hdus.writeto(exposure_file, overwrite=True, checksum=True)
    whole = digest(exposure_file)
    apply(exposure_file, "FIRST")
    restore(exposure_file, 1)
    assert digest(exposure_file) == whole
    apply(exposure_file, "FIRST")
    update_exposure(exposure_file, dq={2: np.full((48, 64), 1, np.uint16)})
    restore(exposure_file, 1)
    with fits.open(exposure_file, checksum=True) as hdus:
        assert all(hdu.verify_checksum() == 1 and hdu.verify_datasum() == 1 for hdu in hdus)


def test_a_constant_extension_that_became_an_array_stays_one(hdus: fits.HDUList, write) -> None:
    constant = fits.ImageHDU(name="DQ", ver=1)
    constant.header["NPIX1"], constant.header["NPIX2"], constant.header["PIXVALUE"] = 64, 48, 0
    hdus[hdus.index_of(("DQ", 1))] = constant
    path = write(hdus)
    apply(path, "FIRST")
    update_exposure(path, dq={1: np.full((48, 64), 2, np.uint16)})
    made = restore(path, 1)
    assert "DQ,1 has another size" in made.detail
    assert open_exposure(path).chips[0].header["WCSNAME"] == "IDC_test"
    assert (open_exposure(path).chips[0].read_dq() == 2).all()


def test_changes_by_another_program_are_told_and_kept(exposure_file: Path) -> None:
    apply(exposure_file, "FIRST")
    with fits.open(exposure_file, mode="update") as hdus:
        hdus["SCI", 1].header["CRVAL1"] += 1.0
    edited = digest(exposure_file)
    with pytest.raises(Refusal, match="Another program changed the headers since: SCI,1: CRVAL1") as refusal:
        restore(exposure_file, 1)
    assert Path(refusal.value.file) == exposure_file
    assert digest(exposure_file) == edited
    assert current(exposure_file) is None
    restore(exposure_file, 1, discard=True)
    found = states(exposure_file)
    assert [state.action for state in found[:3]] == [
        "First seen",
        "Aligned to a_flt.fits",
        "Changed by another program",
    ]
    assert "CRVAL1" in found[2].detail
    restore(exposure_file, 3)
    assert digest(exposure_file) == edited


def test_apply_over_changes_by_another_program_keeps_them(exposure_file: Path) -> None:
    apply(exposure_file, "FIRST")
    with fits.open(exposure_file, mode="update") as hdus:
        hdus[0].header["PROPOSID"] = 11911
    edited = digest(exposure_file)
    apply(exposure_file, "SECOND")
    restore(exposure_file, 3)
    assert digest(exposure_file) == edited


def test_moved_with_and_without_its_history(exposure_file: Path, tmp_path: Path) -> None:
    before = digest(exposure_file)
    apply(exposure_file, "FIRST")
    alone, both = tmp_path / "alone", tmp_path / "both"
    alone.mkdir()
    shutil.copy(exposure_file, alone)
    assert states(alone / exposure_file.name) == ()
    with pytest.raises(Refusal, match="no history"):
        restore(alone / exposure_file.name, 1)
    both.mkdir()
    shutil.copy(exposure_file, both)
    shutil.copytree(exposure_file.parent / "drizzledesk_history", both / "drizzledesk_history")
    restore(both / exposure_file.name, 1)
    assert digest(both / exposure_file.name) == before
    renamed = exposure_file.with_name("copy_flt.fits")
    shutil.copy(exposure_file, renamed)
    with pytest.raises(Refusal, match="it is a copy") as refusal:
        restore(renamed, 1)
    assert exposure_file.name in refusal.value.advice


def test_another_exposure_under_the_same_name(exposure_file: Path, hdus: fits.HDUList) -> None:
    apply(exposure_file, "FIRST")
    hdus[0].header["ROOTNAME"] = "iother1q"
    hdus.writeto(exposure_file, overwrite=True)
    for discard in (False, True):
        with pytest.raises(Refusal, match="iother1q"):
            restore(exposure_file, 1, discard=discard)


def test_a_link_has_the_history_of_its_file(exposure_file: Path, tmp_path: Path) -> None:
    before = digest(exposure_file)
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link_flt.fits"
    link.symlink_to(exposure_file)
    apply(link, "FIRST")
    assert [one.name for one in folder.iterdir()] == [link.name]
    restore(link, 1)
    assert link.is_symlink()
    assert digest(exposure_file) == before


def test_gzip_files_too(exposure_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "packed" / "a_flt.fits.gz"
    path.parent.mkdir()
    plain = exposure_file.read_bytes()
    path.write_bytes(gzip.compress(plain))
    apply(path, "FIRST")
    assert [state.current for state in states(path)] == [False, True]
    restore(path, 1)
    assert gzip.decompress(path.read_bytes()) == plain


def test_a_last_block_without_padding_and_a_tail(exposure_file: Path) -> None:
    whole = exposure_file.read_bytes()
    exposure_file.write_bytes(whole + b"tail of something")
    before = digest(exposure_file)
    apply(exposure_file, "FIRST")
    restore(exposure_file, 1)
    assert digest(exposure_file) == before
    shutil.rmtree(folder_of(exposure_file))
    exposure_file.write_bytes(whole.rstrip(b"\0"))
    before = digest(exposure_file)
    if exposure_file.stat().st_size < len(whole):
        apply(exposure_file, "FIRST")
        restore(exposure_file, 1)
        assert digest(exposure_file) == before


def test_bytes_that_are_no_text_in_a_header(exposure_file: Path) -> None:
    raw = exposure_file.read_bytes()
    assert b"calibrated" not in raw
    exposure_file.write_bytes(raw.replace(b"'F606W   '", b"'F606\xe9   '", 1))
    before = digest(exposure_file)
    rewrite_recorded(exposure_file, lambda hdus: hdus["SCI", 1].header.update(MDRIZSKY=1.0), action="Marked")
    restore(exposure_file, 1)
    assert digest(exposure_file) == before


def test_nothing_changed_is_nothing_recorded(exposure_file: Path) -> None:
    assert rewrite_recorded(exposure_file, lambda hdus: None, action="Nothing") is None
    assert states(exposure_file) == ()


def test_unknown_and_damaged_states(exposure_file: Path) -> None:
    apply(exposure_file, "FIRST")
    now = digest(exposure_file)
    with pytest.raises(Refusal, match="no state 7"):
        restore(exposure_file, 7)
    source = folder_of(exposure_file) / "0001.json"
    text = source.read_text()
    source.write_text(text.replace("IDC_test", "IDC_tset"))
    with pytest.raises(Refusal, match="damaged"):
        restore(exposure_file, 1)
    source.write_text(text[:400])
    with pytest.raises(Refusal, match="damaged"):
        states(exposure_file)
    source.write_text(text)
    table = next((folder_of(exposure_file) / "tables").glob("WCSDVARR_1_*"))
    raw = table.read_bytes()
    table.write_bytes(raw[:-2880] + bytes(2880))
    with pytest.raises(Refusal, match="damaged"):
        restore(exposure_file, 1)
    assert digest(exposure_file) == now
    table.write_bytes(raw)
    restore(exposure_file, 1)


def test_a_record_names_no_file_outside_its_folder(exposure_file: Path, tmp_path: Path) -> None:
    apply(exposure_file, "FIRST")
    source = folder_of(exposure_file) / "0001.json"
    record = json.loads(source.read_text())
    table = next(hdu for hdu in record["hdus"] if hdu["extname"] == "WCSDVARR")
    shutil.move(folder_of(exposure_file) / table["table"], tmp_path / "away.fits")
    table["table"] = str(tmp_path / "away.fits")
    source.write_text(json.dumps(record))
    with pytest.raises(Refusal, match="damaged"):
        restore(exposure_file, 1)


def test_differences_name_cards_tables_and_extensions(exposure_file: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.fits"
    shutil.copy(exposure_file, old)
    apply(exposure_file, "FIRST")
    found = {(one.where, one.keyword) for one in differences(capture(old), capture(exposure_file))}
    assert {
        ("SCI,1", "CRVAL1"),
        ("SCI,2", "WCSNAMEA"),
        ("PRIMARY", "NEXTEND"),
        ("WCSCORR,1", "EXTNAME"),
    } <= found
    assert not {where for where, _ in found} & {"DQ,1", "ERR,1", "WCSDVARR,1"}


# what can go wrong on the way --------------------------------------------------------------------------------


def test_without_a_history_nothing_is_written(exposure_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(exposure_file)
    (exposure_file.parent / "drizzledesk_history").write_text("a file is in the way")
    with pytest.raises(Refusal, match="history cannot be written"):
        apply(exposure_file, "FIRST")
    assert digest(exposure_file) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(exposure_file: Path) -> None:
    exposure_file.parent.chmod(0o500)
    try:
        with pytest.raises(Refusal):
            apply(exposure_file, "FIRST")
    finally:
        exposure_file.parent.chmod(0o700)


@pytest.mark.parametrize("fails_at", [1, 2, 3, 6])
def test_full_disk_on_the_way(exposure_file: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
    """The n-th flush fails: of a table, a state, the exposure. The file stays, and so does what is known."""
    apply(exposure_file, "FIRST")
    before = digest(exposure_file)
    shutil.rmtree(folder_of(exposure_file))
    count = 0
    real = os.fsync

    def full(handle: int) -> None:
        nonlocal count
        count += 1
        if count >= fails_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refusal, match="is full"):
        apply(exposure_file, "SECOND")
    monkeypatch.undo()
    assert digest(exposure_file) == before
    assert not list(exposure_file.parent.glob(".*"))
    apply(exposure_file, "SECOND")
    restore(exposure_file, 1)
    assert digest(exposure_file) == before


def test_a_replacement_that_fails_leaves_no_state(
    exposure_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(exposure_file, "FIRST")
    real = os.replace

    def refuse(source: object, target: object) -> None:
        if Path(str(target)).name == exposure_file.name and Path(str(source)).parent == exposure_file.parent:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(Refusal, match="may not write"):
        restore(exposure_file, 1)
    monkeypatch.undo()
    assert [state.number for state in states(exposure_file)] == [1, 2]
    assert current(exposure_file) == 2
    assert not list(folder_of(exposure_file).glob("*.pending.json"))


@pytest.mark.parametrize("happened", [False, True])
def test_a_pending_state_counts_if_the_file_has_it(exposure_file: Path, happened: bool) -> None:
    """As a kill just before or just after the replacement leaves it."""
    first = exposure_file.read_bytes()
    apply(exposure_file, "FIRST")
    folder = folder_of(exposure_file)
    os.rename(folder / "0002.json", folder / "0002.pending.json")
    if not happened:
        exposure_file.write_bytes(first)
    assert [state.number for state in states(exposure_file)] == ([1, 2] if happened else [1])
    apply(exposure_file, "SECOND")
    assert [state.wcsname for state in states(exposure_file)] == (
        ["IDC_test", "FIRST", "SECOND"] if happened else ["IDC_test", "SECOND"]
    )
    assert not list(folder.glob("*.pending.json"))
    restore(exposure_file, 1)
    assert exposure_file.read_bytes() == first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs kill -9")
def test_killed_at_any_moment_every_state_can_be_put_back(exposure_file: Path) -> None:
    code = """
        from pathlib import Path
        from core.data.history import restore, rewrite_recorded, states
        def work(name):
            path, number = Path(name), 0
            while True:
                number += 1
                rewrite_recorded(path, lambda h: h["SCI", 1].header.update(NMATCH=number), action="Marked")
                print("marked", flush=True)
                restore(path, 1)
                print("put back", flush=True)
    """
    first = exposure_file.read_bytes()
    rewrite_recorded(exposure_file, lambda h: h["SCI", 1].header.update(NMATCH=-1), action="Marked")
    with victims(code, exposure_file) as writer:
        for times, pause in enumerate((0.0, 0.002, 0.005, 0.009, 0.015, 0.025)):
            with writer.killed(times):
                time.sleep(pause)
            open_exposure(exposure_file)
            found = states(exposure_file)
            assert sum(state.current for state in found) == 1, "the file has the headers of a known state"
            restore(exposure_file, 1)
            assert exposure_file.read_bytes() == first
            restore(exposure_file, 2)
            assert open_exposure(exposure_file).chips[0].header["NMATCH"] == -1
    assert writer.late == 0


def test_histories_that_know_pixels_by_sha_256_are_still_read(exposure_file: Path) -> None:
    """The first versions wrote that: unchanged pixels give no remark, changed ones still do."""
    whole = digest(exposure_file)
    apply(exposure_file, "FIRST")
    record = json.loads((folder_of(exposure_file) / "0001.json").read_text())
    with fits.open(exposure_file) as hdus, exposure_file.open("rb") as stream:
        for one in record["hdus"]:
            if "data_crc32" in one:
                del one["data_crc32"]
                hdu = hdus[one["extname"], one["extver"]] if one["extname"] != "PRIMARY" else hdus[0]
                stream.seek(hdu.fileinfo()["datLoc"])
                one["data_sha256"] = hashlib.sha256(stream.read(int(hdu.size))).hexdigest()
    (folder_of(exposure_file) / "0001.json").write_text(json.dumps(record))
    assert restore(exposure_file, 1).detail == ""
    assert digest(exposure_file) == whole
    restore(exposure_file, 2)
    update_exposure(
        exposure_file, dq={1: np.full(open_exposure(exposure_file).chips[0].shape, 4096, np.uint16)}
    )
    assert "The data of DQ,1 changed since" in restore(exposure_file, 1).detail
