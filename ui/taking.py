"""Whole sets into forms as one step of undo, over several forms at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.params import ParamSet
from ui.panels.state import Change, FormState, Moment


@dataclass(frozen=True, eq=False)
class Several:
    """Forms that go back and forth together; stands in for a form in the history."""

    states: tuple[FormState, ...]

    def restore(self, moments: Sequence[Moment]) -> None:
        for state, moment in zip(self.states, moments, strict=True):
            state.restore(moment)


def take(*wanted: tuple[FormState, ParamSet]) -> list[str]:
    """Give forms other values, their files kept; the names that changed. Texts that were no values go where the
    values are others, and stay elsewhere."""
    changes = [(state, state.moment(), _after(state, values)) for state, values in wanted]
    changes = [(state, before, after) for state, before, after in changes if before != after]
    if not changes:
        return []
    states = tuple(state for state, _, _ in changes)
    names = [name for state, before, after in changes for name in _names(state, before, after)]
    befores, afters = [before for _, before, _ in changes], [after for _, _, after in changes]
    history = states[0].history
    history.seal()
    if len(states) == 1:
        history.add(Change(states[0], befores[0], afters[0], names[0] if names else "", ""))
        states[0].restore(afters[0])
    else:
        several = Several(states)
        history.add(Change(several, befores, afters, "", ""))  # type: ignore[arg-type]
        several.restore(afters)
    return names


def _after(state: FormState, values: ParamSet) -> Moment:
    touched = {name for name in values if values.origin(name) != state.values.origin(name)}
    touched |= {name for name in values if repr(values[name]) != repr(state.values[name])}
    bad = {name: each for name, each in state.bad.items() if name not in touched}
    return Moment(values, bad, state.path)


def _names(state: FormState, before: Moment, after: Moment) -> list[str]:
    return [
        name
        for name in state.task.names
        if repr(before.values[name]) != repr(after.values[name])
        or before.bad.get(name) != after.bad.get(name)
    ]
