"""Progress, spreading and remembering."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, Refusal
from core.runs.memory import Memory, fingerprint
from core.runs.progress import Progress, Report
from core.runs.report import peak_rss_mb, plain
from core.runs.spread import Threads, over_rows, row_blocks


def test_progress_reports_and_times_steps() -> None:
    heard: list[Report] = []
    progress = Progress(heard.append, interval=0.0)
    with progress.step("Blot", 3):
        for _ in range(3):
            progress.advance()
        progress.note("one chip has no sky")
    assert next((r.step, r.done, r.total) for r in heard if not r.note) == ("Blot", 0, 3)
    assert max(r.done for r in heard) == 3
    assert [r.note for r in heard if r.note] == ["one chip has no sky"]
    assert set(progress.seconds) == {"Blot"}


def test_cancel_raises_at_the_next_report() -> None:
    progress = Progress()
    progress.advance()
    progress.cancel()
    with pytest.raises(Cancelled):
        progress.advance()
    with pytest.raises(Cancelled), progress.step("Sky"):
        raise AssertionError("a cancelled run must not begin a step")


def test_progress_is_throttled_but_always_ends() -> None:
    heard: list[Report] = []
    progress = Progress(heard.append, interval=60.0)
    with progress.step("Median", 1000):
        for _ in range(1000):
            progress.advance()
    assert len(heard) < 10
    assert (heard[-1].done, heard[-1].total) == (1000, 1000)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_rows_are_covered_once_whatever_the_threads(count: int) -> None:
    rows = np.zeros(1003, int)

    def work(start: int, stop: int) -> None:
        rows[start:stop] += 1

    over_rows(work, len(rows), 17, Threads(count))
    assert (rows == 1).all()
    assert row_blocks(5, 2) == [(0, 2), (2, 4), (4, 5)]
    assert row_blocks(0, 2) == []


@pytest.mark.parametrize("count", [1, 3])
def test_results_keep_their_order_and_failures_come_through(count: int) -> None:
    assert Threads(count).map(lambda n: n * n, range(20)) == [n * n for n in range(20)]

    def fails(n: int) -> int:
        if n == 7:
            raise Refusal("seven is bad")
        return n

    with pytest.raises(Refusal, match="seven"):
        Threads(count).map(fails, range(20))


def test_threads_stop_soon_after_a_cancel() -> None:
    progress = Progress()
    seen: list[int] = []

    def work(n: int) -> None:
        seen.append(n)
        if n == 3:
            progress.cancel()

    with pytest.raises(Cancelled):
        Threads(2).map(work, range(10_000), progress)
    assert len(seen) < 100


def test_memory_makes_each_result_once() -> None:
    memory, made = Memory(), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [memory.recall("fit", "a", make) for _ in range(3)] == [1, 1, 1]
    assert memory.recall("fit", "b", make) == 2
    assert memory.recall("sky", "a", make) == 3
    memory.forget("fit")
    assert memory.recall("fit", "a", make) == 4
    assert memory.recall("sky", "a", make) == 3


def test_memory_keeps_only_the_newest() -> None:
    memory = Memory(keep=2)
    for key in "abc":
        memory.recall("fit", key, lambda: object())
    made: list[str] = []
    for key in "cba":
        memory.recall("fit", key, lambda key=key: made.append(key))
    assert made == ["a"]


def test_memory_survives_many_threads() -> None:
    memory = Memory(keep=8)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for n in range(500):
                assert memory.recall("fit", n % 20, lambda n=n: n % 20) == n % 20
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_fingerprint_tells_values_apart() -> None:
    assert fingerprint(1.0, "a") == fingerprint(1.0, "a")
    assert fingerprint(1.0, "a") != fingerprint(1.0, "b")


def test_a_refusal_names_file_subject_and_advice() -> None:
    refusal = Refusal(
        "The exposure time is 0.", file="/data/x_flt.fits", subject="EXPTIME", advice="Leave it out."
    )
    assert str(refusal) == "x_flt.fits: EXPTIME: The exposure time is 0. Try: Leave it out."
    assert str(Refusal("Nothing to do.")) == "Nothing to do."


def test_reports_hold_only_what_json_knows() -> None:
    value = {
        "rms": np.float64("nan"),
        "n": np.int64(3),
        "paths": (Path("a") / "b",),
        "deep": [{"inf": float("inf")}],
    }
    assert plain(value) == {"rms": None, "n": 3, "paths": [str(Path("a") / "b")], "deep": [{"inf": None}]}


def test_peak_memory_sees_an_allocation() -> None:
    before = peak_rss_mb()
    if before is None:
        pytest.skip("this system does not tell")
    np.ones(60_000_000, np.uint8).sum()
    assert peak_rss_mb() > 20
    assert peak_rss_mb() >= before


def test_memory_makes_room_for_what_one_run_makes() -> None:
    """Of 30 exposures with room for 24 none would last: each is pushed out before it is asked for again."""
    memory = Memory()
    memory.make_room(4 * 30, "find")
    made: list[int] = []
    for _ in range(3):
        for key in range(30):
            memory.recall("find", key, lambda key=key: made.append(key))
    assert made == list(range(30))
    memory.make_room(2, "find")  # a smaller run takes no room away
    memory.recall("find", 0, lambda: made.append(0))
    assert len(made) == 30


def test_memory_stays_bounded() -> None:
    memory = Memory(keep=4)
    memory.make_room(6, "find")
    for step, room in (("find", 6), ("fit", 4)):
        made: list[int] = []
        for key in range(20):
            memory.recall(step, key, object)
        for key in reversed(range(20)):
            memory.recall(step, key, lambda key=key, made=made: made.append(key))
        assert len(made) == 20 - room
