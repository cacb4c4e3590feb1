"""Whatever a file holds, reading it ends soon, with a set or a refusal."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import pytest

from core.errors import Refusal
from core.params import TASKS, ParamSet, format_cfg, parse_cfg, read_cfg

PIECES = [
    "=", "[", "]", "[[", "]]", "#", ";", '"', "'", "'''", '"""', "\n", "\r\n", ",", "%(input)s", "%(", "\\", "\0",
    "\u2028", "None", "yes", "1e999", "nan", "-", "_task_name_ = ", "[_RULES_]", "# drizzledesk: noise = ",
    "__import__('os').abort()", "{}", "${HOME}", "`ls`", "$(ls)", "é", "\ud7ff", "9" * 50, "input", "\ufeff",
]  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(text) + 1)
        kind = chance.random()
        if kind < 0.5:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif kind < 0.8:
            text = text[:at] + text[at + chance.randint(1, 40) :]
        else:
            other = chance.randrange(len(text) + 1)
            text = text[:at] + text[min(at, other) : max(at, other)][:500] + text[at:]
    return text


@pytest.mark.parametrize("task", TASKS)
def test_mutated_files(task: str) -> None:
    chance = random.Random(task)
    clean = format_cfg(TASKS[task].defaults())
    start, read = time.perf_counter(), 0
    for _ in range(500):
        with contextlib.suppress(Refusal):
            read += isinstance(parse_cfg(mutated(clean, chance)).set, ParamSet)
    assert read > 250
    assert time.perf_counter() - start < 30


def test_noise_for_a_file(tmp_path: Path) -> None:
    chance = random.Random(1)
    path = tmp_path / "x.cfg"
    for _ in range(500):
        path.write_bytes(b"_task_name_ = tweakreg\n" + chance.randbytes(chance.randint(0, 2000)))
        with contextlib.suppress(Refusal):
            assert read_cfg(path).set.task is TASKS["tweakreg"]


# Lines on which ConfigObj's patterns, or a careless loop, take exponential or quadratic time
TRAPS = {
    "quoted commas": 'input = "' + '","' * 100_000,
    "quotes": "input = " + '"' * 400_000 + "x",
    "quotes and blanks": "input = " + '" ' * 200_000 + "x",
    "commas": "input = " + "a," * 200_000 + '"',
    "brackets": "[" * 200_000 + "]" * 200_000 + "x",
    "spaced brackets": "[a" + "] " * 200_000 + "x",
    "triple": "input = '''" + "'''x" * 100_000,
    "triple never closed": "input = '''" + "\nx" * 200_000,
    "many triples": "\n".join(["input = '''", 'input = """'] * 30_000),
    "blanks": "input" + " " * 400_000 + "= x" + " " * 400_000,
    "hashes": "#" * 800_000,
    "our comments": "# drizzledesk: " * 60_000,
    "one key": "input = a\n" * 60_000,
    "unknown keys": "inpot=1\n" * 120_000,
    "digits": "[CATALOG FITTING PARAMETERS]\nnclip = " + "9" * 500_000,
    "sections": "".join(f"[S{i}]\n" for i in range(80_000)),
    "nothing": "\n" * 900_000,
}


@pytest.mark.parametrize("name", TRAPS)
def test_no_file_hangs_the_reader(name: str) -> None:
    start = time.perf_counter()
    loaded = parse_cfg("_task_name_ = tweakreg\n" + TRAPS[name])
    assert time.perf_counter() - start < 5
    assert len(loaded.notes) <= 201
    assert max(map(len, loaded.notes)) < 500


def test_a_share_of_the_hundred_thousand() -> None:
    """As `tests/bench/bench_hostile_cfg.py` does by hand with 100 000: files damaged or random."""
    from tests.bench.bench_hostile_cfg import work

    tally, failures, slowest = work((7, 3000))
    assert failures == []
    assert sum(tally.values()) == 3000
    assert sum(count for what, count in tally.items() if what.endswith("read")) > 1500
    assert slowest < 1
