"""`drizzledesk photometry`: a copy of a product with its sky back, for programs that need the true counts."""

from __future__ import annotations

import argparse
import sys

from core.drizzle.photometry import ready_for_photometry


def run(arguments: argparse.Namespace) -> int:
    """Write the copy; prints what was added and the file."""
    made = ready_for_photometry(arguments.product, arguments.unit, arguments.output)
    for note in made.notes:
        print(f"warning: {note}", file=sys.stderr)
    print(f"sky {made.sky:.6g}  unit {made.unit}  exptime {made.exptime:g}  gain {made.gain:g}")
    print(made.path)
    return 0
