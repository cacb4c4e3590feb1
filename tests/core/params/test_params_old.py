"""Files of earlier versions of DrizzlePac: each name is taken under its present one, or kept and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.params import TASKS, format_cfg, parse_cfg, read_cfg, write_cfg
from core.params.cfg.old import OLD_NAMES, OLD_TASKS, OLD_WORDS

# the names that tweakreg and astrodrizzle 1.x declared (2011-2014) and that were renamed or taken away since
TWEAKREG_1 = """\
_task_name_ = tweakreg#
input = *flt.fits# Input files (name, suffix, or @list)
updatewcs = False# Update WCS keywords of input images?
findmode = imagefind# Generate source catalog with this task
editipars = True# Edit imagefind parameters?

[COORDINATE FILE DESCRIPTION]
fluxmax = 60000.0# Maximum flux value for valid objects
fluxmin = 12.5# Minimum flux value for valid objects
nbright = 200# Number of brightest objects to keep

[REFERENCE CATALOG DESCRIPTION]
rfluxmax = 21.0# Maximum flux value for valid reference objects
rfluxmin = None# Minimum flux value for valid reference objects

[OBJECT MATCHING PARAMETERS]
xoffset = None# Initial guess for X offset(pixels)
searchrad = 2.0# The search radius for a match
"""
ASTRODRIZZLE_1 = """\
_task_name_ = betadrizzle#
mdriztab = False# Use Multidrizzle parameter file specified in header?
updatewcs = False# Update the WCS keywords?
staticfile = mine_static.fits# Name of (optional) input static bad-pixel mask
resetbits = 4096# Bit values to reset in all input DQ arrays

[STEP 1: STATIC MASK ]
static_sig = 3.0# Sigma*rms below mode to clip for static mask

[STEP 4: CREATE MEDIAN IMAGE]
combine_type = iaverage# Type of combine operation

[STEP 7a: CUSTOM WCS FOR FINAL OUTPUT]
final_outnx = 2000.0# Size of FINAL output frame X-axis (pixels)
"""


def test_a_file_of_tweakreg_1() -> None:
    loaded = parse_cfg(TWEAKREG_1)
    assert loaded.set.changed() == {
        "maxflux": 60000.0,
        "minflux": 12.5,
        "nbright": 200,
        "rmaxflux": 21.0,
        "searchrad": 2.0,
    }
    assert loaded.unread == ()
    told = "\n".join(loaded.notes)
    assert "fluxmax is called maxflux now" in told
    assert "'updatewcs' is not a parameter of tweakreg any more" in told
    assert "xoffset = None is written 0.0 now" in told
    assert [entry.key for entry in loaded.kept] == ["updatewcs", "findmode", "editipars"]


def test_a_file_of_the_prototype() -> None:
    loaded = parse_cfg(ASTRODRIZZLE_1)
    assert loaded.set.task.name == "astrodrizzle"
    assert loaded.set.changed() == {"static_sig": 3.0, "combine_type": "imean", "final_outnx": 2000}
    assert "the task betadrizzle is called astrodrizzle" in "\n".join(loaded.notes)
    assert ("", "staticfile", "mine_static.fits") in [(e.section, e.key, e.text) for e in loaded.kept]


def test_the_present_name_counts_when_both_are_given() -> None:
    text = "_task_name_ = tweakreg\n[COORDINATE FILE DESCRIPTION]\nfluxmax = 1.0\nmaxflux = 2.0\n"
    loaded = parse_cfg(text)
    assert loaded.set["maxflux"] == 2.0
    assert any("gives maxflux, its present name, too" in note for note in loaded.notes)
    assert [entry.key for entry in loaded.kept] == ["fluxmax"]


def test_source_finding_keeps_its_own_fluxmax() -> None:
    """The old name of the one task is a present name of the other."""
    loaded = parse_cfg("_task_name_ = imagefindpars\nfluxmax = 5.0\n")
    assert loaded.set["fluxmax"] == 5.0
    assert not any("called" in note for note in loaded.notes)


def test_nothing_is_lost_by_opening_and_saving(tmp_path: Path) -> None:
    text = (
        '_task_name_ = tweakreg\nupdatewcs = no\n[MY SECTION]\nmine = "a, b"\n'
        "[CATALOG FITTING PARAMETERS]\nnclip = three # of them\n[UPDATE HEADER]\nwcsname = ME\n"
    )
    (tmp_path / "old.cfg").write_text(text)
    first = read_cfg(tmp_path / "old.cfg")
    write_cfg(first.set, tmp_path / "new.cfg", first.kept)
    second = read_cfg(tmp_path / "new.cfg", strict=True)
    assert second.set == first.set
    assert second.set["wcsname"] == "ME"
    meant = [("", "updatewcs", "no"), ("MY SECTION", "mine", "a, b")]
    meant.append(("CATALOG FITTING PARAMETERS", "nclip", "three"))
    assert [(e.section, e.key, e.text) for e in second.kept] == meant
    assert any("without effect: updatewcs, mine, nclip" in note for note in second.notes)
    assert format_cfg(second.set, second.kept) == (tmp_path / "new.cfg").read_text()


def test_comment_lines_of_the_person_stay(tmp_path: Path) -> None:
    """Those after a value are replaced by the labels, as TEAL does; lines of their own are not, as TEAL would."""
    text = (
        '# for NGC 104, second visit\n_task_name_ = tweakreg\n\n#\t"quoted", é #2\n'
        "input = *flc.fits # here\n#\n[CATALOG FITTING PARAMETERS]\n  # tried 3, too few\nnclip = 5\n"
    )
    (tmp_path / "mine.cfg").write_text(text)
    first = read_cfg(tmp_path / "mine.cfg", strict=True)
    assert not any("without effect" in note for note in first.notes)
    write_cfg(first.set, tmp_path / "mine.cfg", first.kept)
    second = read_cfg(tmp_path / "mine.cfg", strict=True)
    lines = (tmp_path / "mine.cfg").read_text().splitlines()
    assert lines[3:6] == ["# for NGC 104, second visit", '#\t"quoted", é #2', "# tried 3, too few"]
    assert second.set == first.set
    write_cfg(second.set, tmp_path / "again.cfg", second.kept)
    assert (tmp_path / "again.cfg").read_text() == (tmp_path / "mine.cfg").read_text()


@pytest.mark.parametrize("text", ["a\nb", "é\u2028€", "'''\"\"\"", "%(input)s", "\\", '"]', "#", "\x00"])
def test_whatever_is_kept_comes_back(text: str) -> None:
    from core.params.cfg.lines import Entry

    kept = (Entry(0, "S\n]", "k=", text),)
    written = format_cfg(TASKS["tweakreg"].defaults(), kept)
    assert written.count("\n") == format_cfg(TASKS["tweakreg"].defaults()).count("\n") + 1
    loaded = parse_cfg(written, strict=True)
    assert [(e.section, e.key, e.text) for e in loaded.kept] == [("S\n]", "k=", text)]
    assert loaded.set == TASKS["tweakreg"].defaults()


@pytest.mark.parametrize(
    "body", ["[", "[]", "5", '["a"]', '["a", "b", 5]', '{"a": 1}', "[" * 100_000, '["a","b","c","d"]']
)
def test_a_damaged_kept_line_is_told(body: str) -> None:
    loaded = parse_cfg(f"_task_name_ = tweakreg\n# drizzledesk: kept {body}\n")
    assert loaded.kept == ()
    assert any("cannot be read" in note or "not known" in note for note in loaded.notes)


def test_hostile_numbers_of_unknown_names_are_bounded() -> None:
    text = "_task_name_ = tweakreg\n" + "".join(f"x{i} = {'y' * 50}\n" for i in range(20_000))
    loaded = parse_cfg(text)
    assert len(loaded.kept) <= 500
    assert len(format_cfg(loaded.set, loaded.kept)) < 200_000


def test_the_table_holds() -> None:
    """Old names are no present ones of their task, new names are; every old word turns into a good value."""
    for (task, name), old in OLD_NAMES.items():
        assert name not in TASKS[task]
        assert not old.now or old.now in TASKS[task]
        assert old.says
        assert not old.says.endswith(".")
    for (task, name, _), now in OLD_WORDS.items():
        TASKS[task].defaults().with_text(name, now)
    assert set(OLD_TASKS.values()) <= set(TASKS)
    assert not set(OLD_TASKS) & set(TASKS)


# every name that the declarations of the prototypes and of 1.x held, whether still in use or not
NAMES_1 = {
    "tweakreg": """
        input refimage findmode editipars editspars execname exclusions updatewcs writecat clean verbose
        runfile updatehdr wcsname headerlet attach hdrfile clobber hdrname author descrip catalog history
        shiftfile outshifts outwcs catfile xcol ycol fluxcol fluxmax fluxmin fluxunits xyunits nbright
        refcat refxcol refycol refxyunits rfluxcol rfluxmax rfluxmin rfluxunits refnbright minobj searchrad
        searchunits use2dhist see2dplot tolerance separation xoffset yoffset fitgeometry residplot nclip
        sigma
    """,
    "imagefindpars": "computesig skysigma conv_width peakmin peakmax threshold nsigma fluxmin fluxmax",
    "astrodrizzle": """
        input output mdriztab runfile updatewcs wcskey proc_unit coeffs context group build staticfile crbit
        stepsize resetbits num_cores restore preserve overwrite clean static static_sig skysub skywidth
        skystat skylower skyupper skyclip skylsigma skyusigma skyuser skyfile driz_separate driz_sep_kernel
        driz_sep_wt_scl driz_sep_pixfrac driz_sep_fillval driz_sep_bits driz_sep_wcs driz_sep_refimage
        driz_sep_rot driz_sep_scale driz_sep_outnx driz_sep_outny driz_sep_ra driz_sep_dec median
        median_newmasks combine_maskpt combine_type combine_nsigma combine_nlow combine_nhigh
        combine_lthresh combine_hthresh combine_grow blot blot_interp blot_sinscl blot_addsky blot_skyval
        driz_cr driz_cr_corr driz_cr_snr driz_cr_grow driz_cr_ctegrow driz_cr_scale driz_combine
        final_wht_type final_kernel final_wt_scl final_pixfrac final_fillval final_bits final_units
        final_wcs final_refimage final_rot final_scale final_outnx final_outny final_ra final_dec gain
        gnkeyword rdnoise rnkeyword exptime expkeyword
    """,
}


@pytest.mark.parametrize("task", NAMES_1)
def test_no_name_of_the_first_versions_is_a_stranger(task: str) -> None:
    for name in NAMES_1[task].split():
        assert name in TASKS[task] or (task, name) in OLD_NAMES, name


@pytest.mark.parametrize(
    ("name", "old"),
    [("combine_type", "minmed median sum imedian iaverage"), ("fitgeometry", "shift rscale general"),
     ("residplot", "vector residuals both"), ("final_kernel", "square point gaussian turbo tophat lanczos3"),
     ("blot_interp", "poly5 nearest linear poly3 sinc"), ("final_wht_type", "EXP ERR IVM"),
     ("searchunits", "arcseconds pixels"), ("rfluxunits", "counts mag"), ("proc_unit", "native electrons")],
)  # fmt: skip
def test_no_choice_of_the_first_versions_is_lost(name: str, old: str) -> None:
    task = next(each for each in TASKS.values() if name in each)
    section = task.section_of(name).title
    for word in old.split():
        head = f"_task_name_ = {task.name}\n" + (f"[{section}]\n" if section else "")
        loaded = parse_cfg(f"{head}{name} = {word}\n")
        assert loaded.unread == (), word
        assert loaded.set[name] == OLD_WORDS.get((task.name, name, word), word)
