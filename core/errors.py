"""What the engine says when it will not go on."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path


class Refusal(Exception):
    """An input or a value that cannot be used, told so that the person can act on it.

    Parameters
    ----------
    what
        What is wrong, a full sentence.
    file
        The file concerned, if one is. Only its name is shown; the whole path stays in `file`.
    subject
        The keyword, extension or parameter concerned, if one is.
    advice
        What to try, a full sentence.
    """

    def __init__(
        self, what: str, *, file: str | PathLike[str] = "", subject: str = "", advice: str = ""
    ) -> None:
        self.what = what
        self.file = fspath(file)
        self.subject = subject
        self.advice = advice
        super().__init__(what)

    def __str__(self) -> str:
        lead = [part for part in (Path(self.file).name or self.file, self.subject) if part]
        text = ": ".join([*lead, self.what])
        return f"{text} Try: {self.advice}" if self.advice else text


class Unfit(Refusal):
    """A file of an earlier step is there and whole, but does not belong to what a run works on now; `step` makes it."""

    step = ""


class Cancelled(Exception):
    """The person pressed Stop; nothing half-made is kept."""
