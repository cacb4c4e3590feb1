"""The last step: what it does meanwhile ends with it."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from core.drizzle import finish
from core.errors import Cancelled


def test_headers_are_not_blended_on_after_a_run_that_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def blend(*_: Any) -> None:
        begun.set()
        time.sleep(0.1)
        ended.set()

    def joined(*_: Any) -> None:
        begun.wait(10)
        raise Cancelled

    monkeypatch.setattr(finish, "blend", blend)
    monkeypatch.setattr(finish, "tiles_of", lambda *_: iter(()))
    monkeypatch.setattr(finish, "joined_tiles", joined)
    space = SimpleNamespace(buffers=None)
    run: Any = SimpleNamespace(
        chips=[],
        exposures=[],
        params={"rules_file": ""},
        final_frame=None,
        workers=None,
        progress=None,
        space=space,
    )
    params: Any = None
    with pytest.raises(Cancelled):
        finish.make_final(run, params, with_masks=False)
    assert ended.is_set()
