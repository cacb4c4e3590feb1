"""The alignment session: align without writing, apply, write the files, or all of it as the command line does."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from core.align.apply import apply, check_names, export_headerlets
from core.align.outputs import summary, write_each, write_outputs
from core.align.results import Alignment, Applied, Written
from core.align.run import align
from core.align.saving import check_outputs
from core.align.settings import AlignSettings
from core.data.ahead import Ahead
from core.data.safe import write_text
from core.errors import Refusal
from core.runs.memory import Memory
from core.runs.progress import Progress
from core.runs.spread import Workers

__all__ = ["AlignSettings", "align", "apply", "tweakreg", "write_outputs"]


def tweakreg(
    files: Sequence[str | Path],
    settings: AlignSettings,
    *,
    folder: str | Path,
    keep: Sequence[Path] = (),
    memory: Memory | None = None,
    workers: Workers | int | None = None,
    progress: Progress | None = None,
    ahead: Ahead | None = None,
) -> Alignment:
    """A whole run: align, write the files that are asked for into `folder`, and with `updatehdr` the headers.

    The alignment's `applied` says what became of each header, `failures` what else could not be written; one failure
    stops nothing. A name that a file cannot take, a product that would replace a file that is read (or one of `keep`)
    and a folder that cannot be written are refused before anything is done. `ahead` may make copies of the files
    meanwhile (`core.align.ahead`).
    """
    progress = progress or Progress()
    values = settings.tweakreg
    check_outputs(files, settings, folder, keep)
    memory = memory or Memory()
    memory.make_room(4 * len(files), "open")
    check_names([file for file in files if Path(file).exists()], settings, folder, memory)
    alignment = align(files, settings, memory=memory, workers=workers, progress=progress)
    # headers wait for the disk, which leaves the time to put together the texts of the catalogs
    with ThreadPoolExecutor(1, thread_name_prefix="texts") as pool:
        writing = pool.submit(write_each, alignment, settings, folder, keep)
        applied: tuple[Applied, ...] = ()
        if values["updatehdr"]:
            applied = apply(alignment, settings, progress, folder=folder, ahead=ahead)
        elif values["headerlet"]:
            made = export_headerlets(alignment, settings, progress, folder=folder)
            applied = tuple(one for one in made if one.status is Written.FAILED)
        products, failed = writing.result()
    for refusal in failed:
        progress.failed(str(refusal))
    failures = tuple(map(str, failed))
    alignment = replace(alignment, applied=applied, products=products, failures=failures)
    return _logged(alignment, Path(folder) / values["runfile"]) if values["runfile"] else alignment


def _logged(alignment: Alignment, path: Path) -> Alignment:
    """Append a run to the log file; a log that cannot be written is one more failure."""
    lines = [f"--- tweakreg {datetime.now().isoformat(timespec='seconds')}", summary(alignment).rstrip()]
    lines += [
        f"{one.path.name}: header {one.status.value.lower()} {one.reason}".rstrip()
        for one in alignment.applied
    ]
    lines += [f"Not written: {failure}" for failure in alignment.failures]
    try:
        before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        write_text(before + "\n".join(lines) + "\n", path)
    except (Refusal, OSError) as error:
        return replace(alignment, failures=(*alignment.failures, str(error)))
    return replace(alignment, products=(*alignment.products, path))
