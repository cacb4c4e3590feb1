"""The four tasks with all their parameters."""

from __future__ import annotations

from core.params.astrodrizzle import ASTRODRIZZLE
from core.params.imagefind import IMAGEFINDPARS, REFIMAGEFINDPARS
from core.params.model import Task
from core.params.tweakreg import TWEAKREG

TASKS: dict[str, Task] = {
    task.name: task for task in (TWEAKREG, IMAGEFINDPARS, REFIMAGEFINDPARS, ASTRODRIZZLE)
}
