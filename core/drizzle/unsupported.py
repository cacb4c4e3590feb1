"""What drizzlepac offers and this engine does not (yet): refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import Refusal


def unsupported(params: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """One refusal for every value of the astrodrizzle parameters that would need something not built."""
    found = []

    def refuse(name: str, what: str, advice: str) -> None:
        found.append(Refusal(what, subject=name, advice=advice))

    if params["driz_combine"] and str(params["final_wht_type"]) == "IVM":
        refuse("final_wht_type", "Weighting by inverse variance maps is not built yet.", "Choose EXP or ERR.")
    return tuple(found)


def refuse_unsupported(params: Mapping[str, Any]) -> None:
    """Raise the refusal of the first such value."""
    for refusal in unsupported(params):
        raise refusal
