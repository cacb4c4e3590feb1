"""`-p name=value`: who takes it, and what is said when nobody does."""

from __future__ import annotations

import pytest

from core.errors import Refusal
from core.params import TASKS, apply_assignments

SETS = tuple(TASKS[name].defaults() for name in ("tweakreg", "imagefindpars", "refimagefindpars"))


def test_the_first_set_that_knows_the_name_takes_it() -> None:
    tweakreg, find, reference = apply_assignments(
        SETS, ["threshold=2000", "peakmax=50000", "nclip=5", "refimagefind.threshold=10", "noise=robust"]
    )
    assert tweakreg.changed() == {"nclip": 5}
    assert find.changed() == {"peakmax": 50000.0, "threshold": 2000.0, "noise": "robust"}
    assert reference.changed() == {"threshold": 10.0}
    assert find.origin("threshold") == "command line"
    assert find.origin("ratio") == "default"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("imagefind.ratio=0.5", 1), ("imagefindpars.ratio=0.5", 1), ("refimagefind.ratio=0.5", 2),
        ("refimagefindpars.ratio=0.5", 2), (" ratio =0.5", 1),
    ],
)  # fmt: skip
def test_prefixes(text: str, at: int) -> None:
    changed = apply_assignments(SETS, [text])
    assert [each.changed() for each in changed] == [{"ratio": 0.5} if i == at else {} for i in range(3)]


def test_values_as_in_a_file() -> None:
    (values,) = apply_assignments(
        [TASKS["astrodrizzle"].defaults()],
        [
            "final_wcs=yes",
            "final_scale=None",
            "final_bits=64,32",
            "output=a=b",
            "build=ON",
            "driz_cr_snr=4 3",
            "group=",
        ],
    )
    assert values.changed() == {
        "output": "a=b", "build": True, "driz_cr_snr": "4 3", "final_bits": "64,32", "final_wcs": True,
    }  # fmt: skip


def test_the_last_one_wins() -> None:
    assert apply_assignments(SETS, ["nclip=5", "nclip=7"])[0]["nclip"] == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "treshold=5",
            "^treshold: There is no such parameter. Did you mean threshold. Try: `drizzledesk params",
        ),
        ("final_scale=2", "It is a parameter of astrodrizzle, not of tweakreg"),
        ("serchrad=5", "Did you mean searchrad"),
        ("zzzzzz=5", "drizzledesk params tweakreg"),
        ("nclip", "Write name=value"),
        ("", "Write name=value"),
        ("nclip=3.5", "'3.5' cannot be read as a whole number"),
        ("fitgeometry=Shift", "choices. Did you mean shift. Try: Give one of"),
        ("astrodrizzle.clean=yes", "Prefixes here: tweakreg, imagefind, refimagefind"),
        ("imagefind.nclip=3", "parameter of tweakreg, not of imagefindpars. Try: Write tweakreg.nclip"),
    ],
)
def test_refused_with_advice(text: str, message: str) -> None:
    with pytest.raises(Refusal, match=message):
        apply_assignments(SETS, [text])


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Refusal) as caught:
        apply_assignments(SETS, ["treshold=5", "nclip=5", "sigma=x"])
    assert "treshold" in str(caught.value)
    assert "sigma" in str(caught.value)
    assert "nclip" not in str(caught.value)
