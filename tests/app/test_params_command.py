"""`drizzledesk params` and the frame of the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from core.align.session import AlignSettings
from core.params import read_cfg


def test_a_set_is_shown_with_units_and_sections(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "tweakreg"]) == 0
    out = capsys.readouterr().out
    assert "[OBJECT MATCHING PARAMETERS]" in out
    assert "searchrad = 1.0" in out
    assert len([line for line in out.splitlines() if " = " in line]) == 60


def test_only_the_differences(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "tweakreg", "-p", "nclip=5", "--diff", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"nclip": 5}


def test_saved_and_loaded_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "mine.cfg"
    assert main(["params", "astrodrizzle", "-p", "final_pixfrac=0.8", "--save", str(saved)]) == 0
    assert read_cfg(saved).set["final_pixfrac"] == 0.8
    capsys.readouterr()
    assert main(["params", "astrodrizzle", "--cfg", str(saved), "--diff"]) == 0
    assert "final_pixfrac = 0.8" in capsys.readouterr().out


def test_a_misspelt_name_is_refused_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "tweakreg", "-p", "serchrad=2"]) == 1
    assert "searchrad" in capsys.readouterr().err


def test_a_name_of_another_task_says_whose_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "tweakreg", "-p", "threshold=200"]) == 1
    assert "imagefindpars" in capsys.readouterr().err


def test_a_file_of_another_task_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "mine.cfg"
    main(["params", "astrodrizzle", "--save", str(saved)])
    capsys.readouterr()
    assert main(["params", "tweakreg", "--cfg", str(saved)]) == 1
    err = capsys.readouterr().err
    assert "mine.cfg" in err
    assert "astrodrizzle" in err


def test_wrong_use_is_2() -> None:
    for arguments in (["params"], ["params", "nonsense"], ["tweakreg", "--nonsense"], ["--nonsense"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2


def test_no_files_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for task in ("tweakreg", "astrodrizzle"):
        assert main([task, "absent_*_flt.fits"]) == 1
        err = capsys.readouterr().err
        assert "absent_*_flt.fits" in err
        assert "Traceback" not in err


def test_tracebacks_only_with_debug(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "tweakreg", "--cfg", str(tmp_path / "absent.cfg"), "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_no_screen_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert main([]) == 1
    assert "no screen" in capsys.readouterr().err


def test_a_mistyped_command_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tweekreg", "x_flt.fits"]) == 1
    assert "drizzledesk tweakreg" in capsys.readouterr().err


def test_a_value_that_cannot_be_read_stops_a_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.cfg"
    bad.write_text("_task_name_ = tweakreg\n[OBJECT MATCHING PARAMETERS]\nsearchrad = banana\nminobj = 10\n")
    assert main(["tweakreg", "x_flt.fits", "--cfg", str(bad)]) == 1
    err = capsys.readouterr().err
    assert "bad.cfg: searchrad:" in err
    assert "banana" in err


def test_nothing_to_tell_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "tweakreg", "--diff"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "Nothing differs" in told.err


def test_stray_parameter_files_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fault 4: drizzlepac takes any imagefindpars file of the working directory or of ~/.teal, without a word."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".teal").mkdir()
    for stray in (tmp_path / "my_if.cfg", tmp_path / ".teal" / "imagefindpars.cfg"):
        stray.write_text("_task_name_ = imagefindpars\nthreshold = 77.0\n")
    assert main(["params", "imagefindpars", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["threshold"] == 4.0
    assert AlignSettings.defaults().imagefind["threshold"] == 4.0


def test_what_was_not_understood_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Told on standard error, and kept in the file that is saved."""
    (tmp_path / "old.cfg").write_text("_task_name_ = tweakreg\nupdatewcs = no\n")
    new = tmp_path / "new.cfg"
    assert main(["params", "tweakreg", "--cfg", str(tmp_path / "old.cfg"), "--save", str(new)]) == 0
    assert "not a parameter of tweakreg any more" in capsys.readouterr().err
    assert [entry.key for entry in read_cfg(new, strict=True).kept] == ["updatewcs"]


def test_presets_are_listed_and_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "astrodrizzle", "--presets"]) == 0
    out = capsys.readouterr().out
    assert "wfc3_ir: WFC3/IR" in out
    assert "driz_cr_scale = 3.0 2.4" in out
    assert "sparse:" not in out
    args = ["params", "astrodrizzle", "--preset", "wfc3_ir", "-p", "final_bits=0", "--diff", "--json"]
    assert main(args) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["driz_sep_bits"], found.get("final_bits")) == ("528", None)


@pytest.mark.parametrize(
    ("name", "told"), [("wfc3_it", "`wfc3_ir`, if you meant"), ("crowded", "for imagefindpars")]
)
def test_a_preset_that_is_none_is_refused(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "astrodrizzle", "--preset", name]) == 1
    assert told in capsys.readouterr().err


def test_compared_with_a_file_and_with_a_product(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.core.data.test_madewith import DRIZZLEPAC, product

    other = tmp_path / "other.cfg"
    main(["params", "astrodrizzle", "-p", "final_pixfrac=0.5", "--save", str(other)])
    assert main(["params", "astrodrizzle", "-p", "output=x", "--against", str(other)]) == 0
    out = capsys.readouterr().out
    assert 'output = x -> ""' in out
    assert "final_pixfrac = 1.0 -> 0.5" in out
    made = product(tmp_path / "f606w_drz.fits", DRIZZLEPAC)
    assert main(["params", "astrodrizzle", "--against", str(made)]) == 0
    out, err = capsys.readouterr()
    assert "final_kernel = square -> gaussian" in out
    assert "Not known of f606w_drz.fits" in out
    assert "DrizzlePac 3.11.0" in err


def test_given_away(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "astrodrizzle", "-p", "output=a b", "--as", "command"]) == 0
    assert capsys.readouterr().out == "drizzledesk astrodrizzle -p 'output=a b'\n"
    assert main(["params", "tweakreg", "-p", "nclip=5", "--as", "python"]) == 0
    out = capsys.readouterr().out
    assert "nclip=5," in out
    assert "refimagefindcfg={" in out


def test_a_command_line_of_tweakreg_becomes_python_as_it_stands(capsys) -> None:
    line = ["-p", "threshold=200", "-p", "refimagefind.threshold=5", "-p", "updatehdr=yes"]
    assert main(["params", "tweakreg", *line, "--as", "python"]) == 0
    written = capsys.readouterr().out
    assert (
        written.index("'threshold': 200.0")
        < written.index("refimagefindcfg")
        < written.index("'threshold': 5.0")
    )
    assert "updatehdr=True" in written
    assert main(["params", "tweakreg", *line]) == 1  # alone a set of tweakreg has no threshold
