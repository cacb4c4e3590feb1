"""Random and mutated parameter and session files, by the hundred thousand: none crashes, hangs or runs anything.

    python tests/bench/bench_hostile_cfg.py [--count 100000] [--seed 1] [--processes 2]

Each file is read in the ordinary way; what is read is written and read again, and must be the same. A file that takes
the processor longer than a second, an error that is no refusal, a set that does not come back, or a program that was
started is a failure, and its text is kept in the working folder. Prints a summary; exit status 1 with any failure.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.errors import Refusal  # noqa: E402
from core.params import TASKS, format_cfg, parse_cfg  # noqa: E402
from core.params.cfg.old import OLD_NAMES  # noqa: E402
from core.sessions.document import Document, SavedSet  # noqa: E402
from core.sessions.reading import parse_session  # noqa: E402
from core.sessions.writing import format_session  # noqa: E402

SLOW = 1.0
PIECES = [
    "=", "[", "]", "[[", "]]", "#", ";", '"', "'", "'''", '"""', "\n", "\r\n", "\r", ",", "%(input)s", "%(", "%%", "\\",
    "\0", "\u2028", "\x85", "\x0b", "None", "INDEF", "yes", "1e999", "nan", "-", "_task_name_ = ",
    "_task_name_ = tweakreg",
    "[_RULES_]\n_rule1_ = string_kw(code='__import__(\"os\").abort()')\n", "# drizzledesk: noise = ",
    "# drizzledesk: kept ", '# drizzledesk: kept ["a", "b", "c"]\n', '["', '"]', "__import__('os').abort()", "{}",
    "${HOME}",
    "`touch hit`", "$(touch hit)", "é", "\ud7ff", "9" * 50, "9" * 5000, "input", "\ufeff", " " * 200, "\t", "[" * 300,
    "=" * 300,
    '{"object": ["Popen", {}]}', "{", "}", ":", "null", "true",
]  # fmt: skip
PIECES += [name for _, name in OLD_NAMES]


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to a dozen injuries."""
    for _ in range(chance.randint(1, 12)):
        at, kind = chance.randrange(len(text) + 1), chance.random()
        if kind < 0.5:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif kind < 0.75:
            text = text[:at] + text[at + chance.randint(1, 60) :]
        elif kind < 0.9:
            other = chance.randrange(len(text) + 1)
            text = text[:at] + text[min(at, other) : max(at, other)][:800] + text[at:]
        else:
            text = text[:at] + chr(chance.randrange(0xD7FF)) + text[at + 1 :]
    return text


def noise(chance: random.Random) -> str:
    """Pieces and random letters after a line that makes it a parameter file."""
    parts = [
        chance.choice(PIECES) if chance.random() < 0.6 else chr(chance.randrange(0x3000)) for _ in range(60)
    ]
    return f"_task_name_ = {chance.choice(list(TASKS))}\n" + "".join(parts)


def read_cfg_text(text: str) -> str:
    """What came of a parameter file: "read" or "refused"; AssertionError when it does not come back."""
    try:
        loaded = parse_cfg(text)
    except Refusal:
        return "refused"
    assert len(loaded.notes) <= 201
    assert len(loaded.kept) <= 500
    try:
        written = format_cfg(loaded.set, loaded.kept)
    except Refusal:  # a control character, or %(, that no file can hold
        return "read, not to be stored"
    again = parse_cfg(written, strict=True)
    assert again.set == loaded.set
    assert [(e.section, e.key, e.text) for e in again.kept] == [
        (e.section, e.key, e.text) for e in loaded.kept
    ]
    return "read"


def read_session_text(text: str) -> str:
    try:
        document = parse_session(text)
    except Refusal:
        return "refused"
    parse_session(format_session(document, ROOT))
    return "read"


def work(job: tuple[int, int]) -> tuple[Counter[str], list[str], float]:
    """One share: counts, the failures, the slowest file in seconds."""
    seed, count = job
    chance = random.Random(seed)
    clean = [format_cfg(task.defaults()) for task in TASKS.values()]
    sets = {name: SavedSet(task.defaults()) for name, task in TASKS.items()}
    session = format_session(Document(sets=sets, view={"view": "blink"}), ROOT)
    tally: Counter[str] = Counter()
    failures: list[str] = []
    slowest = 0.0
    for number in range(count):
        kind = number % 10
        if kind < 6:
            what, text = "mutated .cfg", mutated(chance.choice(clean), chance)
        elif kind < 9:
            what, text = "noise", noise(chance)
        else:
            what, text = "mutated session", mutated(session, chance)
        # the processor's time: another program may take the processor away, and reading waits for nothing
        start = time.process_time()
        try:
            outcome = (read_session_text if what == "mutated session" else read_cfg_text)(text)
        except Exception as error:
            outcome = "FAILED"
            failures.append(f"{type(error).__name__}: {error}\n{text}")
        took = time.process_time() - start
        slowest = max(slowest, took)
        if took > SLOW:
            failures.append(f"took {took:.1f} s\n{text}")
        tally[f"{what}: {outcome}"] += 1
    return tally, failures, slowest


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    share = 2500
    jobs = [(given.seed * 1_000_003 + k, min(share, given.count - k)) for k in range(0, given.count, share)]
    start = time.perf_counter()
    tally: Counter[str] = Counter()
    failures: list[str] = []
    slowest = 0.0
    with multiprocessing.Pool(given.processes) as pool:
        for counts, bad, slow in pool.imap_unordered(work, jobs):
            tally += counts
            failures += bad
            slowest = max(slowest, slow)
    for what, number in sorted(tally.items()):
        print(f"{number:8d}  {what}")
    hit = Path("hit").exists()
    print(
        f"{sum(tally.values())} files in {time.perf_counter() - start:.0f} s, slowest {1000 * slowest:.0f} ms, ",
        end="",
    )
    print(f"{len(failures)} failures{', SOMETHING RAN' if hit else ''}")
    for number, failure in enumerate(failures[:20]):
        Path(f"hostile_{number}.txt").write_text(failure, encoding="utf-8", errors="surrogatepass")
        print(failure.splitlines()[0])
    return 1 if failures or hit else 0


if __name__ == "__main__":
    sys.exit(main())
