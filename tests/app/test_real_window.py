"""The window on a real X server (a virtual one), where Qt needs libraries that offscreen does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.screen import screen_problem

SHOW = """
from PySide6.QtCore import QTimer
from ui.main import make_application
from ui.window import MainWindow
application = make_application()
window = MainWindow([])
window.show()
QTimer.singleShot(1500, window.close)
application.exec()
assert window.width() >= 600
print(application.platformName())
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("there is no Xvfb here")
    reader, writer = os.pipe()
    command = [server, "-displayfd", str(writer), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    process = subprocess.Popen(
        command, pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(writer)
    with os.fdopen(reader) as stream:
        number = stream.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait()


def test_the_window_opens_and_closes(display: str) -> None:
    environment = {**os.environ, "DISPLAY": display}
    environment.pop("QT_QPA_PLATFORM", None)
    environment.pop("WAYLAND_DISPLAY", None)
    command = [sys.executable, "-c", SHOW]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "xcb"


def test_a_screen_that_answers_is_no_problem(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    assert screen_problem() == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="DISPLAY means nothing here")
def test_a_screen_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert "X server" in screen_problem()
