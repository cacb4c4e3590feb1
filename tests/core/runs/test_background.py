"""Jobs behind a run's back: bounded, errors surfaced, dropped when the run fails."""

from __future__ import annotations

import threading
import time

import pytest

from core.errors import Cancelled, Refusal
from core.runs.background import Background
from core.runs.progress import Progress


def test_jobs_are_done_before_the_block_ends() -> None:
    done: list[int] = []

    def job(number: int) -> None:
        time.sleep(0.02)
        done.append(number)

    with Background() as background:
        for number in range(9):
            background.submit(lambda number=number: job(number))
    assert sorted(done) == list(range(9))


def test_no_more_jobs_wait_than_there_is_room() -> None:
    gate, third = threading.Event(), threading.Event()
    with Background(threads=1, room=2) as background:
        background.submit(gate.wait)
        background.submit(lambda: None)
        thread = threading.Thread(target=lambda: (background.submit(lambda: None), third.set()))
        thread.start()
        assert not third.wait(0.1)
        gate.set()
        assert third.wait(5)
        thread.join()


def test_the_first_error_comes_out() -> None:
    def fail() -> None:
        raise Refusal("No space left.")

    def run(wait: bool) -> None:
        with Background() as background:
            background.submit(fail)
            if wait:
                background.wait()

    for wait in (True, False):
        with pytest.raises(Refusal, match="No space"):
            run(wait)


def test_a_failed_run_drops_what_did_not_begin_and_stops_what_runs() -> None:
    begun: list[int] = []
    stopped = threading.Event()
    running = threading.Event()

    def long(background: Background) -> None:
        begun.append(0)
        running.set()
        try:
            while True:
                background.check()
                time.sleep(0.005)
        except Cancelled:
            stopped.set()
            raise

    def run() -> None:
        with Background(threads=1) as background:
            background.submit(lambda: long(background))
            background.submit(lambda: begun.append(1))
            running.wait(5)
            raise ValueError("the run")

    with pytest.raises(ValueError, match="the run"):
        run()
    assert stopped.is_set()
    assert begun == [0]


def test_waiting_for_room_can_be_cancelled() -> None:
    progress, gate = Progress(), threading.Event()
    timer = threading.Timer(0.1, progress.cancel)
    timer.start()

    def run() -> None:
        with Background(threads=1, room=1, check=progress.check) as background:
            background.submit(lambda: gate.wait(0.5) and None)
            background.submit(lambda: None)

    with pytest.raises(Cancelled):
        run()
    timer.join()
