"""The lane brings results home to the GUI thread, once, and drops what nobody waits for any more."""

from __future__ import annotations

import threading
import time

import pytest

from core.errors import Cancelled, Refusal
from core.runs.progress import Progress
from ui.lane import Lane, trace_of


@pytest.fixture
def lane(qtbot):
    lane = Lane("test")
    yield lane
    lane.close()


class Heard:
    """Collects what a job says, with the thread in which it was said."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.errors: list[BaseException] = []
        self.reports: list[object] = []
        self.threads: set[int] = set()

    def done(self, value: object) -> None:
        self.threads.add(threading.get_ident())
        self.values.append(value)

    def failed(self, error: BaseException) -> None:
        self.threads.add(threading.get_ident())
        self.errors.append(error)

    def progress(self, report: object) -> None:
        self.threads.add(threading.get_ident())
        self.reports.append(report)


def slow(progress: Progress) -> str:
    for _ in range(500):
        progress.check()
        time.sleep(0.01)
    return "ended"


def test_result_comes_home_in_the_gui_thread(qtbot, lane):
    heard = Heard()
    lane.run(lambda: threading.get_ident(), done=heard.done)
    qtbot.waitUntil(lambda: bool(heard.values))
    assert heard.threads == {threading.get_ident()}
    assert heard.values[0] != threading.get_ident()
    assert not lane.is_busy


def test_jobs_run_one_after_another(qtbot, lane):
    running, most, heard = [], [], Heard()

    def work(number):
        running.append(number)
        most.append(len(running))
        time.sleep(0.01)
        running.remove(number)
        return number

    for number in range(6):
        lane.run(work, number, done=heard.done)
    qtbot.waitUntil(lambda: len(heard.values) == 6)
    assert heard.values == list(range(6))
    assert max(most) == 1


def test_refusal_arrives_whole_with_its_traceback_as_text(qtbot, lane):
    heard, troubles = Heard(), []
    lane.troubled.connect(lambda title, error: troubles.append((title, error)))

    def work():
        raise Refusal("No sky.", file="a_flt.fits", advice="Turn skysub off.")

    lane.run(work, failed=heard.failed, title="Drizzle")
    qtbot.waitUntil(lambda: bool(heard.errors))
    error = heard.errors[0]
    assert isinstance(error, Refusal)
    assert error.advice == "Turn skysub off."
    assert error.__traceback__ is None
    assert "in work" in trace_of(error)
    assert troubles == [("Drizzle", error)]


def test_cancel_while_running(qtbot, lane):
    heard = Heard()
    job = lane.run(slow, done=heard.done, failed=heard.failed, progress=heard.progress)
    qtbot.wait(50)
    started = time.monotonic()
    job.cancel()
    qtbot.waitUntil(lambda: bool(heard.errors))
    assert time.monotonic() - started < 1.0
    assert isinstance(heard.errors[0], Cancelled)
    assert not heard.values


def test_cancel_before_the_job_began(qtbot, lane):
    heard, ran = Heard(), []
    first = lane.run(slow, progress=heard.progress, failed=heard.failed)
    second = lane.run(ran.append, 1, failed=heard.failed)
    second.cancel()
    first.cancel()
    qtbot.waitUntil(lambda: len(heard.errors) == 2)
    assert ran == []


def test_newer_job_of_the_same_key_replaces_the_older(qtbot, lane):
    heard = Heard()
    for number in range(20):
        lane.run(lambda n=number: (time.sleep(0.002), n)[1], done=heard.done, failed=heard.failed, key="view")
    qtbot.waitUntil(lambda: not lane.is_busy)
    qtbot.wait(20)
    assert heard.values == [19]
    assert not heard.errors


def test_progress_is_throttled_but_notes_all_arrive(qtbot, lane):
    heard = Heard()

    def work(progress: Progress) -> None:
        end = time.monotonic() + 0.5
        count = 0
        while time.monotonic() < end:
            progress.begin("Find", 10)
            progress.advance()
            if count < 30:
                progress.note(f"line {count}")
            count += 1

    lane.run(work, done=heard.done, progress=heard.progress)
    qtbot.waitUntil(lambda: bool(heard.values))
    notes = [report.note for report in heard.reports if report.note]
    assert notes == [f"line {count}" for count in range(30)]
    assert 3 <= len(heard.reports) - len(notes) <= 20
    assert heard.threads == {threading.get_ident()}


def test_close_drops_everything_at_once(qtbot):
    lane, heard = Lane("closing"), Heard()
    lane.run(slow, done=heard.done, failed=heard.failed, progress=heard.progress)
    started = time.monotonic()
    lane.close()
    assert time.monotonic() - started < 0.2
    qtbot.wait(100)
    assert not heard.values
    assert not heard.errors
    with pytest.raises(RuntimeError):
        lane.run(time.sleep, 0)


def test_an_error_in_the_receiver_does_not_block_the_lane(qtbot, lane):
    heard = Heard()

    def bad(value):
        raise ValueError("receiver")

    with qtbot.captureExceptions() as caught:
        lane.run(int, done=bad)
        lane.run(int, done=heard.done)
        qtbot.waitUntil(lambda: bool(heard.values))
    assert len(caught) == 1
    assert not lane.is_busy
