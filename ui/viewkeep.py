"""How the images are looked at, for a session file: cuts, stretch, colours, zoom and centre, what is blinked.

Values are flat and few; what is missing in a file, or is no such value, leaves the view as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ui.views.canvas import Canvas, ViewState
from ui.views.lookbar import LookBar
from ui.views.stretch import CUTS, STRETCHES, Look

if TYPE_CHECKING:
    from core.sessions.document import ViewValue
    from ui.views.blink import BlinkView
    from ui.viewset import ViewSet
    from ui.window import MainWindow

View = Mapping[str, "ViewValue"]
ZOOMS = (1e-4, 64.0)


def taken(window: MainWindow) -> dict[str, ViewValue]:
    """What the image views show, by names such as `sources.zoom`."""
    views = window.views
    kept: dict[str, ViewValue] = {}
    for name, bar, canvas in _images(views):
        colour, inverted = bar.colours
        kept[f"{name}.colours"], kept[f"{name}.inverted"] = colour, inverted
        state = None if canvas.is_fitted else canvas.state
        kept[f"{name}.fitted"] = state is None
        if state is not None:
            kept |= {f"{name}.x": state.x, f"{name}.y": state.y, f"{name}.zoom": state.zoom}
        if name != "blink":
            kept[f"{name}.look"] = json.dumps(_packed(bar.look))
    kept["sources.chip"] = window.live.extver
    kept["products.shown"] = views.products.choice.currentText()
    return kept | _blinked(views.blink)


def bring_back(window: MainWindow, view: View) -> None:
    """Let the image views look as `taken` found them; frames that are still to be read follow when they come."""
    views = window.views
    for name, bar, canvas in _images(views):
        colour = view.get(f"{name}.colours")
        if isinstance(colour, str):
            bar.set_colours(colour, view.get(f"{name}.inverted") is True)
        look = _look(_read(view.get(f"{name}.look")))
        if look is not None:
            bar.set_look(look)
            bar.look_changed.emit(look)
        if name != "blink" and f"{name}.fitted" in view:
            _place(views, name, canvas, _state(view, name))
    chip = view.get("sources.chip")
    if isinstance(chip, int):
        window.live.choose_chip(chip)
    shown = view.get("products.shown")
    if isinstance(shown, str) and views.products.choice.findText(shown) >= 0:
        views.products.choice.setCurrentText(shown)
    _blink_again(window, view)


def _images(views: ViewSet) -> Iterator[tuple[str, LookBar, Canvas]]:
    """Name, bar and (first) canvas of the views that show images."""
    sources, products = views.sources.image, views.products
    yield "sources", sources.bar, sources.canvas
    yield "pair", views.pair.images[0].bar, views.pair.images[0].canvas
    yield "products", products.bar, products.canvases()[0]
    yield "blink", views.blink.bar, views.blink.canvas


def _place(views: ViewSet, name: str, canvas: Canvas, state: ViewState | None) -> None:
    if name == "pair":
        views.pair.come_back(state)
        return
    for each in views.products.canvases() if name == "products" else [canvas]:
        each.come_back(state)


def _state(view: View, name: str) -> ViewState | None:
    """Where a canvas looked; None for the whole frame."""
    found = [view.get(f"{name}.{part}") for part in ("x", "y", "zoom")]
    if view.get(f"{name}.fitted") is not False or not all(_is_number(value) for value in found):
        return None
    x, y, zoom = (float(value) for value in found if isinstance(value, int | float))
    return ViewState(x, y, min(max(zoom, ZOOMS[0]), ZOOMS[1]))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# ---- the blinked frames


def _blinked(blink: BlinkView) -> dict[str, ViewValue]:
    frame, controls = blink.current, blink.controls
    looks = [[group, name, *_packed(look)] for group, name, look in blink.store.looks()]
    return {
        "blink.group": frame.group if frame is not None else "",
        "blink.frame": frame.name if frame is not None else "",
        "blink.ticks": json.dumps(blink.list.ticks),
        "blink.looks": json.dumps(looks),
        "blink.interval": controls.interval.value(),
        "blink.shared": controls.shared.isChecked(),
        "blink.mask": controls.overlay.isChecked(),
        "blink.sky": controls.sky.isChecked(),
    }


def _blink_again(window: MainWindow, view: View) -> None:
    blink = window.views.blink
    ticks, looks = _read(view.get("blink.ticks")), _read(view.get("blink.looks"))
    if isinstance(ticks, dict):
        blink.list.set_ticks({name: on is True for name, on in ticks.items()})
    if isinstance(looks, list):
        blink.store.set_looks([look for look in map(_group_look, looks) if look is not None])
    interval = view.get("blink.interval")
    if isinstance(interval, int):
        blink.controls.interval.setValue(interval)
    switches = {
        "shared": blink.controls.shared,
        "mask": blink.controls.overlay,
        "sky": blink.controls.sky,
    }
    for name, box in switches.items():
        on = view.get(f"blink.{name}")
        if isinstance(on, bool):
            box.setChecked(on)
    group, frame = view.get("blink.group"), view.get("blink.frame")
    if isinstance(group, str) and isinstance(frame, str) and group:
        window.blink.come_back(group, frame, _state(view, "blink"))


def _group_look(raw: Any) -> tuple[str, str, Look] | None:
    if not isinstance(raw, list) or len(raw) < 3 or not all(isinstance(name, str) for name in raw[:2]):
        return None
    look = _look(raw[2:])
    return None if look is None else (raw[0], raw[1], look)


# ---- values as texts


def _packed(look: Look) -> list[str | float]:
    return [look.cuts, look.stretch, look.low, look.high]


def _look(raw: Any) -> Look | None:
    """A look that was packed, if it is one."""
    if not isinstance(raw, list) or len(raw) != 4:
        return None
    cuts, stretch, low, high = raw
    if cuts not in CUTS or stretch not in STRETCHES or not (_is_number(low) and _is_number(high)):
        return None
    return None if cuts == "fixed" and not low < high else Look(cuts, stretch, float(low), float(high))


def _read(text: ViewValue) -> Any:
    """What a text of JSON holds; None when it is none."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
