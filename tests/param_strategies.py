"""Hypothesis strategies for parameter values of every kind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from core.params import TASKS, Kind, Param, ParamSet, Task

# what the file format makes hard: quotes, commas, comment signs, blanks at the ends, line ends, brackets
AWKWARD = "'\"#,;=%s()[]{}~@$\\ \t\nab1é€\xa0"

FLOATS = st.floats(allow_nan=True, allow_infinity=True)
INTS = st.integers(-(10**30), 10**30)


def texts() -> st.SearchStrategy[str]:
    plain = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)
    words = st.sampled_from(
        [
            "",
            " ",
            "None",
            "INDEF",
            "True",
            "1",
            "*flt.fits",
            "a,b",
            "64,32",
            "@list.txt",
            "3.5 3.0",
            "'",
            '"',
            "#",
        ]
    )
    return st.one_of(words, st.text(AWKWARD, max_size=12), plain)


def values(param: Param) -> st.SearchStrategy[Any]:
    """Any value of the parameter's kind, sensible or not, that a file can hold."""
    if param.kind is Kind.STR:
        return texts().filter(lambda text: "%(" not in text and not ("'''" in text and '"""' in text))
    by_kind: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.BOOL: st.booleans(),
        Kind.INT: INTS,
        Kind.FLOAT: FLOATS,
        Kind.INT_OR_NONE: st.none() | INTS,
        Kind.FLOAT_OR_NONE: st.none() | FLOATS,
    }
    return st.sampled_from(sorted(param.choices)) if param.kind is Kind.CHOICE else by_kind[param.kind]


def sets(task: Task | str) -> st.SearchStrategy[ParamSet]:
    """Any set of the task: some values drawn, the others at their defaults."""
    chosen = TASKS[task] if isinstance(task, str) else task
    drawn = st.fixed_dictionaries({}, optional={name: values(chosen.param(name)) for name in chosen.names})
    return drawn.map(lambda given: ParamSet(chosen, given))


def whole_sets(task: Task | str) -> st.SearchStrategy[ParamSet]:
    """Any set of the task with every parameter drawn: nothing is left at its default but by chance."""
    chosen = TASKS[task] if isinstance(task, str) else task
    drawn = st.fixed_dictionaries({name: values(chosen.param(name)) for name in chosen.names})
    return drawn.map(lambda given: ParamSet(chosen, given))
