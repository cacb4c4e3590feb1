"""What Apply shows beforehand, writes and can undo; headerlets of solutions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from align_shots import Shot, tuned
from astropy.io import fits

from core.align.apply import apply, export_headerlets
from core.align.preview import preview, preview_each
from core.align.results import Alignment, Written
from core.align.run import align
from core.align.session import tweakreg
from core.align.settings import AlignSettings
from core.data.exposure import open_exposure
from core.data.headerlets import apply_headerlet
from core.data.history import restore, states
from core.data.wcsversions import versions
from core.errors import Refusal

Shoot = Callable[..., list[Path]]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def files(shoot: Shoot) -> list[Path]:
    return shoot(
        Shot("a"), Shot("b", east=1.0, error=(0.1, -0.05), seed=1), Shot("c", error=(-0.2, 0.1), seed=2)
    )


@pytest.fixture
def alignment(files: list[Path], settings: AlignSettings) -> Alignment:
    return align(files, settings)


def test_the_preview_is_what_apply_writes(
    files: list[Path], alignment: Alignment, settings: AlignSettings
) -> None:
    sums = [digest(path) for path in files]
    shown = preview(alignment, settings)
    assert [digest(path) for path in files] == sums
    assert {one.file for one in shown} == {"b_flt.fits", "c_flt.fits"}
    before = {path.name: [hdu.header.copy() for hdu in fits.open(path)[:2]] for path in files}
    assert {one.status for one in apply(alignment, settings)} == {Written.UNTOUCHED, Written.WRITTEN}
    seen = set()
    for change in shown:
        path = next(path for path in files if path.name == change.file)
        number = 1 if change.extver else 0
        after = fits.open(path)[number].header
        assert before[change.file][number].get(change.keyword) == change.before
        assert after.get(change.keyword) == change.after
        seen.add((change.file, change.extver, change.keyword))
    for path in files[1:]:
        for number in (0, 1):
            old, new = before[path.name][number], fits.open(path)[number].header
            keys = {k for k in {*old, *new} if k and old.get(k) != new.get(k)}
            assert {(path.name, number, key) for key in keys} <= seen
    words = {one.keyword: one for one in shown if one.file == "b_flt.fits" and one.extver == 1}
    assert (words["WCSNAME"].before, words["WCSNAME"].after) == ("MADE", "TWEAK")
    assert (words["WCSNAMEA"].before, words["WCSNAMEA"].after) == (None, "MADE")
    assert words["CRVAL1"].where == "SCI,1"


def test_the_preview_refuses_what_apply_would(alignment: Alignment, settings: AlignSettings) -> None:
    same = tuned(settings, wcsname="MADE")
    with pytest.raises(Refusal, match="already called") as refusal:
        preview(alignment, same)
    assert Path(refusal.value.file).name == "b_flt.fits"
    each = preview_each(alignment, same)
    assert each["a_flt.fits"] == ()
    assert isinstance(each["c_flt.fits"], Refusal)
    assert all(one.status is not Written.WRITTEN for one in apply(alignment, same))


def test_apply_is_recorded_and_undone(
    files: list[Path], alignment: Alignment, settings: AlignSettings
) -> None:
    sums = [digest(path) for path in files]
    apply(alignment, settings)
    assert states(files[0]) == ()
    state = states(files[1])[-1]
    assert state.action == "Aligned to a_flt.fits"
    assert "matches" in state.detail
    assert state.nmatch == alignment.images[1].fit.n_used
    apply(align(files, settings), tuned(settings, wcsname="AGAIN"))
    for path in files[1:]:
        assert open_exposure(path, complete=False).chips[0].header["WCSNAME"] == "AGAIN"
        restore(path, 1)
    assert [digest(path) for path in files] == sums


def test_headerlets_without_touching_the_exposures(
    files: list[Path], alignment: Alignment, settings: AlignSettings, tmp_path: Path
) -> None:
    sums = [digest(path) for path in files]
    out = tmp_path / "out"
    out.mkdir()
    told = tuned(settings, author="me", descrip="test", catalog="none", hdrfile="mine", headerlet=True)
    made = export_headerlets(alignment, told, folder=out)
    assert [one.status for one in made] == [Written.UNTOUCHED, Written.WRITTEN, Written.WRITTEN]
    assert [digest(path) for path in files] == sums
    assert sorted(path.name for path in out.iterdir()) == ["b_mine_hlet.fits", "c_mine_hlet.fits"]
    with fits.open(out / "b_mine_hlet.fits") as hdus:
        header = hdus[0].header
        assert (header["HDRNAME"], header["WCSNAME"], header["AUTHOR"]) == ("TWEAK", "TWEAK", "me")
        assert (header["DESCRIP"], header["CATALOG"]) == ("test", "none")
        assert header["NMATCH"] == alignment.images[1].fit.n_used
    # read back: the exposure gets the solution
    apply_headerlet(files[1], out / "b_mine_hlet.fits")
    want, chip = alignment.images[1].new_wcs[1], open_exposure(files[1], complete=False).chips[0]
    np.testing.assert_allclose(
        chip.wcs.pix_to_sky([0.0, 399.0], [0.0, 399.0]),
        want.pix_to_sky([0.0, 399.0], [0.0, 399.0]),
        rtol=0,
        atol=1e-11,
    )
    with pytest.raises(Refusal, match="belongs to the exposure"):
        apply_headerlet(files[2], out / "b_mine_hlet.fits")


def test_headerlets_attached_on_apply(
    files: list[Path], alignment: Alignment, settings: AlignSettings, tmp_path: Path
) -> None:
    text = tmp_path / "why.txt"
    text.write_text("Because it is better.\nSecond line.\n")
    told = tuned(settings, headerlet=True, hdrname="ours", history=str(text))
    sums = digest(files[1])
    assert apply(alignment, told)[1].status is Written.WRITTEN
    found = {one.id: one for one in versions(files[1])}
    assert found["headerlet:ours"].usable
    assert found["headerlet:ours"].nmatch == alignment.images[1].fit.n_used
    with fits.open(files[1].parent / "b_hlet.fits") as hdus:
        assert "Because it is better." in str(hdus[0].header["HISTORY"])
    with fits.open(files[1]) as hdus:
        assert hdus[0].header.get("NEXTEND", len(hdus) - 1) == len(hdus) - 1
    restore(files[1], 1)
    assert digest(files[1]) == sums


def test_an_existing_headerlet_file_is_kept_unless_clobber(
    files: list[Path], alignment: Alignment, settings: AlignSettings
) -> None:
    target = files[1].parent / "b_hlet.fits"
    target.write_text("precious")
    before = digest(files[1])
    told = tuned(settings, headerlet=True)
    outcome = apply(alignment, told)[1]
    assert outcome.status is Written.FAILED
    assert "exists" in outcome.reason
    assert (digest(files[1]), target.read_text()) == (before, "precious")
    assert export_headerlets(alignment, told)[1].status is Written.FAILED
    assert apply(alignment, tuned(told, clobber=True))[1].status is Written.WRITTEN


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"hdrfile": "one.fits"}, "hdrfile"),
        ({"author": "Ångström"}, "author"),
        ({"history": "nowhere.txt"}, "history"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_done(
    files: list[Path], settings: AlignSettings, tmp_path: Path, changes: dict[str, str], subject: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        tweakreg(files, tuned(settings, headerlet=True, **changes), folder=tmp_path)
    assert refusal.value.subject == subject


@pytest.mark.parametrize("update", [False, True])
def test_a_whole_run(files: list[Path], settings: AlignSettings, tmp_path: Path, update: bool) -> None:
    out = tmp_path / "out"
    out.mkdir()
    sums = [digest(path) for path in files]
    told = tuned(settings, headerlet=True, updatehdr=update, writecat=False)
    done = tweakreg(files, told, folder=out)
    assert not [one for one in done.applied if one.status is Written.FAILED]
    assert {path.name for path in out.iterdir()} == {"b_hlet.fits", "c_hlet.fits"}
    assert ([digest(path) for path in files] == sums) is not update
