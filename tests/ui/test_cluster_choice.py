"""Where Drizzle works: chosen in a dialog, remembered, and given to the engine; Stop does not wait for a scheduler."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from core.errors import Cancelled, Refusal
from core.runs.progress import Progress
from ui.clusterdialog import KEY, ClusterChoice, ClusterDialog
from ui.engine import Engine
from ui.settings import Settings
from ui.workers import workers_at


def ok(dialog: ClusterDialog) -> Any:
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)


def test_only_an_address_is_taken(qtbot: Any) -> None:
    dialog = ClusterDialog("")
    qtbot.addWidget(dialog)
    assert ok(dialog).isEnabled()
    assert not dialog.field.isEnabled()
    dialog.cluster.setChecked(True)
    assert not ok(dialog).isEnabled()
    assert dialog.told.isHidden()
    for text, good in (("nonsense", False), ("10.0.0.5:8786", True), ("local:0", False), ("local:2", True)):
        dialog.field.clear()
        qtbot.keyClicks(dialog.field, text)
        assert ok(dialog).isEnabled() is good
        assert dialog.told.isHidden() is good
        assert dialog.address == text
    dialog.here.setChecked(True)
    assert dialog.address == ""


def test_the_choice_is_remembered_and_given_to_the_engine(qtbot: Any) -> None:
    settings, engine, window = Settings(), Engine(), QWidget()
    qtbot.addWidget(window)
    dialog = ClusterChoice(QAction(window), engine, settings, window).ask()
    dialog.cluster.setChecked(True)
    dialog.field.setText("local:2")
    dialog.accept()
    assert (engine.scheduler, settings.get(KEY)) == ("local:2", "local:2")
    later = Engine()
    dialog = ClusterChoice(QAction(window), later, settings, window).ask()
    assert later.scheduler == "local:2"
    assert dialog.cluster.isChecked()
    dialog.here.setChecked(True)
    dialog.accept()
    assert (later.scheduler, settings.get(KEY)) == ("", "")


def test_without_an_address_there_are_threads() -> None:
    with workers_at("", 2, Progress()) as workers:
        assert workers is None


def test_a_refusal_is_told() -> None:
    with pytest.raises(Refusal, match="no address"), workers_at("nonsense", 2, Progress()):
        pass


def test_stop_does_not_wait_for_the_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    import core.runs.cluster

    closed, go = threading.Event(), threading.Event()

    class Late:
        def close(self) -> None:
            closed.set()

    def opened(*_: Any, **__: Any) -> Late:
        go.wait(10)
        return Late()

    monkeypatch.setattr(core.runs.cluster, "open_cluster", opened)
    progress = Progress()
    threading.Timer(0.1, progress.cancel).start()
    start = time.perf_counter()
    with pytest.raises(Cancelled), workers_at("a:1", 2, progress):
        pass
    assert time.perf_counter() - start < 0.5
    go.set()
    assert closed.wait(5)


def test_the_engine_drizzles_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import core.drizzle.session
    import core.runs.cluster
    from core.params import TASKS

    class There:
        warnings = ("Workers have numpy 1.0.",)

        def __enter__(self) -> There:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    said: list[str] = []
    there, seen = There(), {}
    monkeypatch.setattr(core.runs.cluster, "open_cluster", lambda *_, **__: there)
    monkeypatch.setattr(core.drizzle.session, "astrodrizzle", lambda *_, **more: seen.update(more))
    engine = Engine()
    engine.scheduler = "a:1"
    progress = Progress(lambda report: said.append(report.note))
    engine.drizzle([], TASKS["astrodrizzle"].defaults(), tmp_path, progress=progress)
    assert seen["workers"] is there
    assert said[-2:] == ["Drizzle works on the cluster a:1.", "Workers have numpy 1.0."]
