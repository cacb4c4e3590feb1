"""How wrong use of the command line is told: in one line, with the option that was meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


class Parser(argparse.ArgumentParser):
    """argparse's parser; wrong use ends with status 2 and says what is wrong and where to look, without the usage."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        found, left = super().parse_known_args(args, namespace)
        if left:
            # what follows an unknown option may be its value
            options = [word for word in left if word.startswith("-")]
            self.error(" ".join(self._unknown(word) for word in options or left))
        return found, left

    def _unknown(self, word: str) -> str:
        name, equals, _ = word.partition("=")
        if not name.startswith("-"):
            return f"'{word[:60]}' is one word too many."
        known = _OPTION.findall(self.format_help())
        near = get_close_matches(name.lstrip("-"), [one.lstrip("-") for one in known], n=1)
        if near:
            return f"There is no option {name[:60]}. Did you mean --{near[0]}?"
        hint = f" A parameter is set by -p {word.lstrip('-')[:60]}." if equals else ""
        return f"There is no option {name[:60]}.{hint}"

    def error(self, message: str) -> NoReturn:
        told = message if message.endswith((".", "?")) else f"{message}."
        self.exit(2, f"{self.prog}: {told} Try: `{self.prog} --help`.\n")


class NotHere(argparse.Action):
    """An option of another command, refused with the reason `why`."""

    def __init__(self, option_strings: Sequence[str], dest: str, *, why: str, **named: Any) -> None:
        super().__init__(option_strings, dest, **{**named, "help": argparse.SUPPRESS})
        self.why = why

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Any, values: Any, option_string: str | None = None
    ) -> None:
        parser.error(f"{option_string}: {self.why}")
