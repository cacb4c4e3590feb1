"""Parameter files in TEAL's `.cfg` dialect, in and out. Nothing in a file is ever executed."""

from core.params.cfg.read import Loaded, parse_cfg, read_cfg
from core.params.cfg.write import format_cfg, write_cfg

__all__ = ["Loaded", "format_cfg", "parse_cfg", "read_cfg", "write_cfg"]
