"""What a person decided about single images, apart from the parameters: a peak, stars left out, a wider search.

Choices belong to file names, so that they outlive a change of parameters; through the session's memory a choice
costs only the steps of the image that it concerns.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.errors import Refusal


@dataclass(frozen=True)
class Choice:
    """One image's. `offset`: image minus reference in frame pixels, instead of the histogram's peak; `excluded`:
    numbers of the image's sources (`Sources.number`, from 1) whose matches the fit must not use; `left_out`: the
    image is not aligned at all; `wider`: factor on `searchrad`."""

    offset: tuple[float, float] | None = None
    excluded: frozenset[int] = frozenset()
    left_out: bool = False
    wider: float | None = None

    def __post_init__(self) -> None:
        if self.wider is not None and not self.wider > 0:
            raise Refusal("The factor on searchrad must be above 0.", subject="searchrad", advice="2.")


@dataclass(frozen=True)
class Choices:
    """All images' choices, by file name; immutable and hashable. Images without one are not in it."""

    images: tuple[tuple[str, Choice], ...] = field(default=())

    def of(self, name: str) -> Choice:
        """What was decided about the file called `name`; nothing, if nothing was."""
        return dict(self.images).get(name, Choice())

    def replaced(self, name: str, **changes: object) -> Choices:
        """These choices with some fields of one image's changed: `replaced("a_flt.fits", offset=(3.2, -1.0))`."""
        return self.having(name, replace(self.of(name), **changes))  # type: ignore[arg-type]

    def having(self, name: str, choice: Choice) -> Choices:
        """These choices with all of one image's in place of what it had."""
        kept = {**dict(self.images), name: choice}
        return Choices(tuple((n, kept[n]) for n in sorted(kept) if kept[n] != Choice()))

    def without(self, name: str) -> Choices:
        """These choices with nothing decided about one image."""
        return self.having(name, Choice())

    def __bool__(self) -> bool:
        return bool(self.images)
