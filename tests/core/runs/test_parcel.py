"""What travels to another process: values; threads, progress and memory are those of the place of arrival."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, Refusal
from core.runs import parcel
from core.runs.alike import differences, facts
from core.runs.buffers import Buffers
from core.runs.onworker import missing, size_of
from core.runs.progress import Progress
from core.runs.spread import Job, Threads, Workers, over_rows, tiles


@dataclass
class Sum(Job):
    path: Path
    workers: Workers
    progress: Progress
    buffers: Buffers
    said: list[str]

    def gained(self) -> list[str]:
        return self.said


def add(job: Sum, number: int) -> tuple[float, int, int, str]:
    array = job.buffers.take((64, 8), np.float64)

    def work(start: int, stop: int) -> None:
        array[start:stop] = number

    over_rows(work, 64, 8, job.workers, job.progress)
    job.said.append(f"added {number}")
    return float(array.sum()), job.workers.count, job.buffers.size, str(job.path)


def refuse(job: Sum, number: int) -> None:
    raise Refusal(f"Number {number}.", file=job.path, subject="SCI,1", advice="Take another.")


@pytest.fixture
def job() -> Sum:
    return Sum(Path("some") / "a_flt.fits", Threads(7), Progress(), Buffers(1 << 16), [])


def test_a_job_finds_what_is_there_in_place_of_what_it_had(job: Sum) -> None:
    found = parcel.do(parcel.pack(job, job.workers), add, 3, 2)
    assert found.value == (3.0 * 64 * 8, 2, 1 << 16, str(Path("some/a_flt.fits").absolute()))
    assert (found.refusal, found.units, found.gained) == (None, 8, ["added 3"])
    assert job.said == []


def test_a_refusal_comes_back_word_for_word(job: Sum) -> None:
    packed = parcel.pack(job, job.workers)
    found = pickle.loads(pickle.dumps(parcel.do(packed, refuse, 3, 1))).refusal
    with pytest.raises(Refusal) as here:
        refuse(job, 3)
    assert str(found) == str(here.value)
    assert (found.subject, found.advice) == ("SCI,1", "Take another.")


def test_what_nobody_wants_any_more_ends(job: Sum) -> None:
    found = parcel.do(parcel.pack(job, job.workers), add, 3, 2, wanted=lambda: False)
    assert isinstance(found.refusal, Cancelled)


def test_errors_that_are_no_refusals_are_raised(job: Sum) -> None:
    with pytest.raises(ValueError, match="three"):
        parcel.do(parcel.pack(job, job.workers), add, "three", 2)  # a text is no pixel


def test_threads_do_pieces_one_after_the_other(job: Sum) -> None:
    found = Threads(2).each(add, job, [1, 2])
    assert next(found)[0] == 512.0
    assert job.said == ["added 1"]


def test_tiles() -> None:
    assert tiles(1000, 128, 4, Threads(4)) == [(0, 1000)]
    elsewhere = Threads(1)
    elsewhere.places = 3
    assert tiles(1000, 128, 4, elsewhere) == [(0, 384), (384, 768), (768, 1000)]
    small = tiles(1000, 100, 1 << 20, elsewhere)  # a GB in all: no tile has more than about 64 MB
    assert len(small) == 10  # of 100 rows, the step
    assert (small[0][0], small[-1][1]) == (0, 1000)


def test_workers_with_another_engine_are_refused_and_other_libraries_told() -> None:
    here = facts()
    assert differences({"tcp://a:1": here}, here, "--scheduler") == ()
    other = {**here, "numpy": "1.0"}
    (warning,) = differences({"tcp://a:1": other, "tcp://b:1": other}, here, "--scheduler")
    assert f"numpy 1.0 (here {here['numpy']})" in warning
    with pytest.raises(Refusal, match="tcp://a:1 runs DrizzleDesk old"):
        differences({"tcp://a:1": {**here, "DrizzleDesk": "old"}}, here, "--scheduler")


def test_what_a_worker_does_not_see(tmp_path: Path) -> None:
    file, token = tmp_path / "a_flt.fits", tmp_path / "token"
    file.write_bytes(b"12345")
    token.write_bytes(b"")
    wanted = {str(file): size_of(file)}
    assert missing(wanted, str(token)) == ""
    file.write_bytes(b"123456")
    assert "finds another file" in missing(wanted, str(token))
    file.unlink()
    assert "does not find" in missing(wanted, str(token))
    assert "does not see the folder" in missing(wanted, str(tmp_path / "elsewhere" / "token"))
    if os.name == "posix" and os.getuid():
        tmp_path.chmod(0o500)
        assert "may not write" in missing({}, str(token))
        tmp_path.chmod(0o700)
