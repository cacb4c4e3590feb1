"""The engine of DrizzleDesk: no Qt, no plotting, no printing.

`core.align` and `core.drizzle` stand on `core.data`, `core.params` and `core.runs`, which stand on
`core.kernels`; nothing imports the other way, and a test holds it.
"""

__version__ = "0.1.0"
