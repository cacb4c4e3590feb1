"""Parameter files: what TEAL and people write opens, with a note for each item not taken as it stands."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from core.params import TASKS, ParamSet, format_cfg, parse_cfg, read_cfg, write_cfg
from core.params.cfg.quoting import quote, unquote
from tests.param_strategies import sets, texts

HAND_WRITTEN = """\
# a file as people write it
_task_name_ = tweakreg

input = *flc.fits
refimage =
expand_refcat = yes
interactive = OFF
[ UPDATE HEADER ]
wcsname = "MINE, or not"   # the name
[OBJECT MATCHING PARAMETERS]
searchrad = 3
minobj = 007
[CATALOG FITTING PARAMETERS]
residplot = No plot
ylimit = INDEF
sigma = "2.5"
"""


def test_hand_written() -> None:
    loaded = parse_cfg(HAND_WRITTEN, strict=True)
    assert loaded.set.changed() == {
        "input": "*flc.fits",
        "expand_refcat": True,
        "interactive": False,
        "wcsname": "MINE, or not",
        "minobj": 7,
        "searchrad": 3.0,
        "residplot": "No plot",
        "sigma": 2.5,
    }
    assert len(loaded.notes) == 1
    assert loaded.notes[0].startswith("Not in the file, so at the default: enforce_user_order, exclusions")
    assert parse_cfg(HAND_WRITTEN.replace("\n", "\r\n")) == loaded


def test_one_line_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.cfg"
    path.write_text("_task_name_ = astrodrizzle\n[STEP 7: DRIZZLE FINAL COMBINED IMAGE]\nfinal_bits = 96")
    loaded = read_cfg(path, strict=True)
    assert loaded.set == TASKS["astrodrizzle"].defaults().replaced(final_bits="96")
    assert loaded.set.origin("final_bits") == "file mine.cfg"
    assert loaded.set.origin("final_wcs") == "default"


def test_written_as_teal_writes_it() -> None:
    lines = format_cfg(TASKS["tweakreg"].defaults().replaced(refcat="gaia, dr3.cat", ylimit=0.2)).split("\n")
    assert lines[0].startswith("_task_name_ = tweakreg# ")
    assert lines[1:3] == ["# drizzledesk: matching = one-to-one", "# drizzledesk: clipping = radial"]
    assert lines[3] == "input = *flt.fits# Exposures to align"
    assert 'refcat = "gaia, dr3.cat"# Reference catalog' in lines
    assert 'refimage = ""# Reference image' in lines
    assert "ylimit = 0.2# Half height of the residual panels" in lines
    at = lines.index("[UPDATE HEADER]")
    assert (lines[at - 1], lines[at + 1][:18]) == ("", "updatehdr = False#")
    assert lines[-1] == ""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('a"b', 'a"b'), ("a'b", "a'b"), ("a\"b'c", "'''a\"b'c'''"), (" lead", '" lead"'), ("trail ", '"trail "'),
        ("a\nb", "'''a\nb'''"), ("", '""'), ("x,y", '"x,y"'), ("a#b", '"a#b"'), ('"q"', "'\"q\"'"), ("é/ü", "é/ü"),
        ("a=b", "a=b"), ("a;b", "a;b"), ("~0", "~0"), ("@l.txt", "@l.txt"), ("[x]", "[x]"), ("{x}", "{x}"),
        ("$HOME", "$HOME"), ("a\\b", "a\\b"), ("True", "True"), ("1", "1"), ("None", "None"), ("50%", "50%"),
    ],
)  # fmt: skip
def test_quoting_as_teal_does(value: str, written: str) -> None:
    assert quote(value) == written


@pytest.mark.parametrize(
    "value", ["%(input)s", "a%(b", "a\rb", "a\x00b", "a\x85b", "a\u2028b", "\ud800", "'''\"\"\""]
)
def test_what_cannot_be_stored_is_refused(value: str, tmp_path: Path) -> None:
    path = tmp_path / "a.cfg"
    path.write_text("before")
    with pytest.raises(Refusal) as caught:
        write_cfg(TASKS["tweakreg"].defaults().replaced(author=value), path)
    assert caught.value.subject == "author"
    assert caught.value.advice
    assert path.read_text() == "before"


@pytest.mark.parametrize(
    ("right", "value"),
    [
        ('"a" # b', "a"), ('"a#b" # c', "a#b"), ("a # b # c", "a"), ("'it\"s'", 'it"s'), ('"a"b"', 'a"b'),
        ('"" # c', ""), ("# c", ""), ("", ""), ("  x y  ", "x y"), ('"a" "b"', 'a" "b'), ("'", "'"),
    ],
)  # fmt: skip
def test_right_sides(right: str, value: str) -> None:
    got, odd = unquote(right)
    assert got == value or odd
    if right != "'":
        assert not odd


@given(texts().filter(lambda text: "%(" not in text and not ("'''" in text and '"""' in text)))
@settings(max_examples=500, deadline=None)
def test_any_text_comes_back(text: str) -> None:
    values = TASKS["tweakreg"].defaults().replaced(author=text, descrip=text)
    assert parse_cfg(format_cfg(values), strict=True).set == values


@given(st.data(), st.sampled_from(sorted(TASKS)))
@settings(max_examples=150, deadline=None)
def test_any_set_comes_back(data: st.DataObject, task: str) -> None:
    values: ParamSet = data.draw(sets(task))
    loaded = parse_cfg(format_cfg(values), strict=True)
    assert loaded.set == values
    assert loaded.notes == ()
    assert format_cfg(loaded.set) == format_cfg(values)


def test_written_and_read(tmp_path: Path) -> None:
    values = TASKS["imagefindpars"].defaults().replaced(noise="robust", threshold=200)
    write_cfg(values, tmp_path / "finder.cfg")
    assert read_cfg(tmp_path / "finder.cfg", strict=True).set == values
    assert list(tmp_path.iterdir()) == [tmp_path / "finder.cfg"]


ODD: list[tuple[str, str, dict[str, object]]] = [
    ("threshhold = 5", "'threshhold' is not a parameter of tweakreg", {}),
    ("enforce_user_ordr = no", "Did you mean enforce_user_order", {}),
    ("updatewcs = False", "'updatewcs' is not a parameter", {}),
    ("nclip = 4", "belongs in [CATALOG FITTING PARAMETERS]", {"nclip": 4}),
    ("[update header]\nwcsname = ME", "belongs in [UPDATE HEADER]", {"wcsname": "ME"}),
    ("[UPDATE HEADER]\nwcsname = ME\nwcsname = YOU", "is given again (before in line", {"wcsname": "YOU"}),
    ("; clean = yes", "comments begin with #", {}),
    ("clean = maybe", "'maybe' cannot be read as a yes/no. The default False is used", {}),
    ("[CATALOG FITTING PARAMETERS]\nfitgeometry = RSCALE", "Did you mean rscale", {}),
    ("[CATALOG FITTING PARAMETERS]\nnclip = 3.0", "cannot be read as a whole number", {}),
    ("input = a.fits,b.fits", "an unquoted comma, which drizzlepac refuses", {"input": "a.fits,b.fits"}),
    ('refimage = "a.fits', "a quote that is not closed", {"refimage": "a.fits"}),
    ("what is this", "neither a section nor name = value", {}),
    ("_task_name_ = astrodrizzle", "_task_name_ is given again", {}),
    ("# drizzledesk: speed = 5", "'speed' is not known to this version", {}),
    ("[[CATALOG FITTING PARAMETERS]]\nnclip = 4", "", {"nclip": 4}),
    ("[_SOURCE FINDING PARS_]\nratio = 1", "'ratio' is not a parameter of tweakreg", {}),
]


@pytest.mark.parametrize(("extra", "note", "changed"), ODD)
def test_oddities_are_named_and_the_rest_is_read(extra: str, note: str, changed: dict[str, object]) -> None:
    text = f"_task_name_ = tweakreg\nverbose = yes\n{extra}\n"
    loaded = parse_cfg(text)
    assert loaded.set.changed() == {"verbose": True, **changed}
    assert note in "\n".join(loaded.notes)
    if note:
        with pytest.raises(Refusal, match="not a clean parameter file"):
            parse_cfg(text, strict=True)


def test_rules_are_never_executed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    text = (
        "_task_name_ = tweakreg\n[_RULES_]\n"
        f"_rule1_ = string_kw(code='open(\"{victim}\", \"w\")', when='always')\n"
        f"_rule2_ = __import__('os').system('touch {victim}')\n"
    )
    loaded = parse_cfg(text)
    assert not victim.exists()
    assert loaded.set == TASKS["tweakreg"].defaults()
    assert "\n".join(loaded.notes).count("rules are never executed") == 2


def test_a_reference_is_plain_text_and_said_so() -> None:
    loaded = parse_cfg("_task_name_ = tweakreg\nruntime = 1\nrefimage = %(input)s\n")
    assert loaded.set["refimage"] == "%(input)s"
    assert any("plain text" in note for note in loaded.notes)


def test_noise_not_told_is_said() -> None:
    loaded = parse_cfg("_task_name_ = imagefindpars\nthreshold = 200\n", strict=True)
    assert "The file does not say noise: handbook is used." in loaded.notes
    told = parse_cfg("_task_name_ = imagefindpars\n# drizzledesk: noise = drizzlepac\n")
    assert told.set["noise"] == "drizzlepac"
    assert not any("noise" in note for note in told.notes)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "does not say which task"),
        (b"input = a.fits\n", "does not say which task"),
        (b"[X]\n_task_name_ = tweakreg\n", "does not say which task"),
        (b"_task_name_ = acsccd\n", "'acsccd', which is not one of ours"),
        ("_task_name_ = tweakreg\n".encode("utf-16"), "UTF-16"),
        (b"SIMPLE  =                    T / FITS" + b" " * 2800, "does not say which task"),
    ],
)
def test_not_a_parameter_file(raw: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    path.write_bytes(raw)
    with pytest.raises(Refusal, match=message) as caught:
        read_cfg(path)
    assert caught.value.file == str(path)
    assert caught.value.advice


def test_encodings(tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    path.write_bytes(b"\xef\xbb\xbf_task_name_ = tweakreg\nrunfile = \xc3\xa9.log\n")
    assert read_cfg(path).set["runfile"] == "é.log"
    path.write_bytes(b"_task_name_ = tweakreg\nrunfile = \xe9.log\n")
    loaded = read_cfg(path)
    assert loaded.set["runfile"] == "é.log"
    assert "Latin-1" in loaded.notes[0]


def test_missing_folder_and_pipe_are_refused_at_once(tmp_path: Path) -> None:
    for path in (tmp_path / "none.cfg", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(Refusal):
            read_cfg(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(Refusal, match="not an ordinary file"):
            read_cfg(tmp_path / "pipe")


def test_a_huge_file_is_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "huge.cfg"
    with path.open("wb") as stream:
        stream.write(b"_task_name_ = tweakreg\n")
        stream.truncate(100_000_000)
    start = time.perf_counter()
    with pytest.raises(Refusal, match="larger than"):
        read_cfg(path)
    assert time.perf_counter() - start < 1
