"""A Dask cluster of two processes makes what threads make, bit for bit; stopped, refused, and with a worker killed."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from core.drizzle.pieces import make_single
from core.drizzle.prepare import prepare
from core.drizzle.results import DrizzleResult
from core.drizzle.session import astrodrizzle
from core.errors import Cancelled, Refusal
from core.params import TASKS
from core.runs.cluster import Cluster, open_cluster
from core.runs.onworker import busy
from core.runs.progress import Progress
from core.runs.spread import Threads, Workers
from core.simulate import Truth

pytest.importorskip("distributed")

Copies = Callable[..., list[Path]]
Content = dict[str, list[tuple[Any, ...]]]
PLAIN = TASKS["astrodrizzle"].defaults().replaced(output="m", driz_cr_corr=True, num_cores=1)
OTHER = PLAIN.replaced(
    build=True,
    skymethod="globalmin+match",
    combine_type="minmed",
    combine_grow=2,
    final_kernel="lanczos3",
    final_wht_type="ERR",
    final_wcs=True,
    final_rot=40.0,
    final_units="counts",
)
SLOW = 0.5  # seconds from asking to having stopped


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with open_cluster("local:2", threads=2, timeout=60) as found:
        assert found.warnings == ()
        assert found.places == 2
        yield found


def content(folder: Path) -> Content:
    """All pixels and all cards, but the dates, of all FITS files, the exposures too."""
    found: Content = {}
    for path in sorted(folder.rglob("*.fits")):
        with fits.open(path) as hdus:
            found[str(path.relative_to(folder))] = [
                ([str(card) for card in hdu.header.cards if "DATE" not in card.keyword], _bytes(hdu))
                for hdu in hdus
            ]
    return found


def _bytes(hdu: Any) -> bytes:
    return b"" if hdu.data is None else np.ascontiguousarray(hdu.data).tobytes()


def drizzled(files: list[Path], params: Any, workers: Workers | None, **more: Any) -> DrizzleResult:
    return astrodrizzle(files, params, folder=files[0].parent, workers=workers, **more)


@pytest.mark.parametrize(("params", "threads"), [(PLAIN, (2, 4)), (OTHER, ())], ids=["plain", "other"])
def test_threads_and_cluster_make_the_same_bits(
    copies: Copies, cluster: Cluster, params: Any, threads: tuple[int, ...]
) -> None:
    alike = {}
    many = {str(count): Threads(count) for count in (1, *threads)}
    for name, workers in {**many, "cluster": cluster}.items():
        files = copies(name)
        progress, counted = Progress(), list[tuple[str, int, int]]()
        progress._listener = lambda one, counted=counted: counted.append((one.step, one.done, one.total))
        result = drizzled(files, params, workers, progress=progress)
        assert all(done <= total for _, done, total in counted if total)
        paths = [
            sorted(path.name for path in (one.single_sci, *one.blots.values(), *one.crmasks.values()) if path)
            for one in result.exposures
        ]
        assert all(len(each) == 5 for each in paths)
        alike[name] = (
            content(files[0].parent),
            result.warnings,
            [one.chips for one in result.exposures],
            paths,
        )
    expected = alike.pop("1")
    assert len(expected[0]) > 15
    for found in alike.values():
        assert sorted(found[0]) == sorted(expected[0])
        for name, hdus in found[0].items():
            assert hdus == expected[0][name], name
        assert found[1:] == expected[1:]


def test_a_run_on_a_cluster_stops_and_leaves_no_work_behind(copies: Copies, cluster: Cluster) -> None:
    files = copies()
    stopped = 0
    for moment in (0.15, 0.4, 0.7, 1.0):
        progress, asked = Progress(), [0.0]

        def cancel(progress: Progress = progress, asked: list[float] = asked) -> None:
            asked[0] = time.perf_counter()
            progress.cancel()

        timer = threading.Timer(moment, cancel)
        timer.start()
        try:
            drizzled(files, PLAIN, cluster, progress=progress)
        except Cancelled:
            assert time.perf_counter() - asked[0] < SLOW
            stopped += 1
            while any(
                cluster._client.run(busy).values()
            ):  # a kernel that is loaded just now cannot be stopped
                assert time.perf_counter() - asked[0] < 2 * SLOW
        finally:
            timer.cancel()
        assert not [path.name for path in files[0].parent.rglob(".*.part")]
    assert stopped >= 2


def test_a_refusal_of_a_worker_is_the_refusal_here(copies: Copies, cluster: Cluster) -> None:
    told = []
    for workers in (Threads(1), cluster):
        files = copies(str(workers.places))
        run, _ = prepare(files, PLAIN, files[0].parent, (), workers, Progress(), {})
        run.static, run.sky = run.make_static(), run.make_sky()
        with files[1].open("rb+") as stream:
            stream.truncate(1 << 20)
        with pytest.raises(Refusal) as refused:
            list(run.each_exposure(make_single))
        told.append(str(refused.value))
    assert told[0] == told[1]
    assert files[1].name in told[0]


def test_a_bad_exposure_takes_no_other_down_and_paths_may_be_relative(
    copies: Copies, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = copies()
    monkeypatch.chdir(files[0].parent)
    bad = files[0].with_name("junk00xxq_flt.fits")
    bad.write_bytes(b"this is no FITS file" * 200)
    names = [Path(one.name) for one in (*files, bad)]
    result = astrodrizzle(names, PLAIN, folder=Path(), workers=cluster)
    assert [one.name for one in result.exposures if one.reason] == [bad.name]
    assert result.science == Path("m_drz_sci.fits")
    assert result.science.is_file()


def test_what_needs_one_memory_is_refused(copies: Copies, cluster: Cluster) -> None:
    with pytest.raises(Refusal, match="in_memory"):
        drizzled(copies(), PLAIN.replaced(in_memory=True), cluster)


@pytest.mark.skipif(os.name != "posix", reason="a process is killed here by a signal")
def test_the_work_of_a_killed_worker_is_done_by_another(
    copies: Copies, cluster: Cluster, aligned: Truth, tmp_path: Path
) -> None:
    files = copies("killed")
    victim = next(iter(cluster._client.run(os.getpid).values()))
    done = threading.Event()

    def kill_in_the_middle(report: Any) -> None:
        if report.step == "Separate drizzle" and not done.is_set():
            done.set()
            threading.Timer(0.05, os.kill, (victim, signal.SIGKILL)).start()

    drizzled(files, PLAIN, cluster, progress=Progress(kill_in_the_middle))
    assert done.is_set()
    whole = tmp_path / "whole"
    whole.mkdir()
    drizzled([Path(shutil.copy(path, whole)) for path in aligned.files], PLAIN, Threads(2))
    assert content(files[0].parent) == content(whole)
    assert not [path.name for path in files[0].parent.rglob(".*.part")]


class TestOpening:
    def test_workers_that_do_not_have_the_program(self) -> None:
        class Client:
            scheduler = None

            def sync(self, *_: Any, **__: Any) -> dict[str, int]:
                return {"tcp://a:1": 1}

            def run(self, *_: Any, **__: Any) -> None:
                raise Exception("ModuleNotFoundError(\"No module named 'core'\")")

        client: Any = Client()
        client.scheduler = type("Scheduler", (), {"ncores": None})
        with pytest.raises(Refusal, match="cannot run DrizzleDesk"):
            Cluster(client, "a:1").compare()

    @pytest.mark.parametrize("address", ["nonsense", "local:0", "local:x", "local:-1", "host:", "a b:1"])
    def test_an_address_that_cannot_be_read(self, address: str) -> None:
        with pytest.raises(Refusal, match="--scheduler"):
            open_cluster(address)

    def test_nobody_answers(self) -> None:
        start = time.perf_counter()
        with pytest.raises(Refusal, match="No scheduler answers at"):
            open_cluster("127.0.0.1:9", timeout=1)
        assert time.perf_counter() - start < 5

    def test_without_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(Refusal, match="not installed") as refused:
            open_cluster("local:2")
        assert "[cluster]" in refused.value.advice
