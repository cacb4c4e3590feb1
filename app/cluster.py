"""The option --scheduler: exposures and tiles of the output on a Dask cluster instead of threads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.runs.spread import Workers


def add_scheduler(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="work on a Dask cluster: host:port of its scheduler, or local, local:N for N processes of this machine; "
        "its workers must run this DrizzleDesk and see exposures and products under the same paths (extra `cluster`)",
    )


@contextmanager
def workers_at(address: str | None, threads: int | None) -> Iterator[Workers | None]:
    """The workers of a scheduler, until the end of the block; None without an address. What should be known of them
    is told on standard error. Raises Refusal."""
    if not address:
        yield None
        return
    from core.runs.cluster import open_cluster

    with open_cluster(address, threads=threads) as cluster:
        for warning in cluster.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        yield cluster
