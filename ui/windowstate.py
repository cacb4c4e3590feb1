"""The state of a window: taken down from its parts, and given back to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ui import viewkeep
from ui.engine import AlignSets
from ui.outcomes import badge_of
from ui.sessionstate import FormShot, Opened, Shot
from ui.tables import remark_of
from ui.taking import take

if TYPE_CHECKING:
    from core.align.choices import Choices
    from core.sessions.document import SavedSet, ViewValue
    from core.sessions.marks import FileMark
    from ui.panels.state import FormState
    from ui.window import MainWindow


def shoot(window: MainWindow, noted: Mapping[str, FileMark]) -> Shot:
    """What the window holds now, as values that never change."""
    session = window.session
    return Shot(
        files=tuple(entry.path for entry in window.listing.entries()),
        forms={task: _shot_of(state) for task, state in window.params.states.items()},
        choices=session.choices,
        alignment=session.alignment,
        aligned_files=session.aligned_files,
        aligned_sets=session.aligned_sets,
        applied=session.applied,
        result=session.result,
        weights=session.weights,
        folder=session.folder,
        view=_view(window),
        noted=noted,
    )


def _shot_of(state: FormState) -> FormShot:
    unreadable = {name: bad.text for name, bad in state.bad.items()}
    return FormShot(state.values, state.path, state.is_modified, unreadable)


def _view(window: MainWindow) -> dict[str, ViewValue]:
    current = window.listing.current()
    sessions = getattr(window, "sessions", None)
    view: dict[str, ViewValue] = {
        "view": window.views.current(),
        "tab": window.param_tabs.currentIndex(),
        "foot": window.foot.currentIndex(),
        "current": str(current.path) if current is not None else "",
        "session": str(sessions.path or "") if sessions is not None else "",
    }
    for place, panel in enumerate(window.params.panels):
        view[f"all{place}"] = panel.all.isChecked()
        view[f"changed{place}"] = panel.only_changed.isChecked()
    return view | viewkeep.taken(window)


def forget_results(window: MainWindow) -> None:
    """No alignment, no products, no choices."""
    session = window.session
    session.alignment, session.aligned_files, session.aligned_sets = None, (), None
    session.applied, session.agreed = frozenset(), frozenset()
    session.result, session.choices = None, type(session.choices)()
    session.folder = None
    session.memory.forget()
    window.listing.clear_badges()
    window.show_.show_alignment()
    window.views.products.clear("No products yet.\nPress Drizzle (F7).")
    window.choices.refresh()


def show(window: MainWindow, opened: Opened) -> None:
    """Let the window show a session that was read, in place of what it shows."""
    document = opened.document
    forget_results(window)
    for task, saved in document.sets.items():
        _restore_form(window, task, saved, opened)
    paths = [found.path for found in opened.exposures if str(found.path) not in set(opened.missing)]
    window.files.replace(paths)
    window.session.choices = document.choices if opened.alignment else _without_offsets(document.choices)
    window.drizzle.set_folder(Path(document.folder) if document.folder else None)
    _restore_alignment(window, opened)
    if opened.result is not None and document.drizzle is not None:
        window.session.result, window.session.weights = opened.result, document.drizzle.weights
        window.show_.show_result()
    _restore_view(window, opened)
    window.params.history.clear()
    window.refresh.everything()


def _restore_form(window: MainWindow, task: str, saved: SavedSet, opened: Opened) -> None:
    """The set with its file: the file's values count as saved, the session's lie on top of them."""
    state = window.params.states[task]
    path = Path(saved.path) if saved.path else None
    baseline = opened.baselines.get(task)
    if path is not None and baseline is not None:
        window.params.files.adopt(state, path, baseline)
    else:
        state.reset()
    take((state, saved.values))
    for name, text in saved.unreadable.items():
        state.edit(name, text)


def _restore_alignment(window: MainWindow, opened: Opened) -> None:
    saved, session = opened.document.alignment, window.session
    if opened.alignment is None or saved is None:
        return
    if not set(opened.aligned_files) <= {entry.path for entry in window.listing.entries()}:
        return
    session.alignment, session.aligned_files = opened.alignment, opened.aligned_files
    session.aligned_sets = AlignSets(*saved.sets)
    session.applied = opened.applied
    for image in opened.alignment.images:
        badge = "APPLIED" if image.path in session.applied else badge_of(image)
        window.listing.update_entry(image.path, badge=badge, why=remark_of(image))
    window.show_.show_alignment()
    window.choices.refresh()


def _without_offsets(choices: Choices) -> Choices:
    """Peaks chosen by hand count from headers that may be others now; what was left out stays so."""
    for name, _ in choices.images:
        choices = choices.replaced(name, offset=None, wider=None)
    return choices


def _restore_view(window: MainWindow, opened: Opened) -> None:
    view = opened.document.view
    moved = {
        mark.path: found.path for mark, found in zip(opened.document.exposures, opened.exposures, strict=True)
    }
    current = moved.get(str(view.get("current") or ""))
    if current is not None:
        window.listing.choose(current)
    for place, panel in enumerate(window.params.panels):
        panel.all.setChecked(view.get(f"all{place}") is True)
        panel.only_changed.setChecked(view.get(f"changed{place}") is True)
    for name, tabs in (("tab", window.param_tabs), ("foot", window.foot)):
        place = view.get(name)
        if isinstance(place, int) and 0 <= place < tabs.count():
            tabs.setCurrentIndex(place)
    front = view.get("view")
    if isinstance(front, str) and front in window.views.pages:
        window.views.tabs.setCurrentWidget(window.views.pages[front])
    viewkeep.bring_back(window, view)
