"""One file for the whole state of the window: exposures, all four sets, what was aligned and drizzled, the views."""

from core.sessions.document import EXTENSION, Document, SavedSet
from core.sessions.reading import read_session
from core.sessions.writing import write_session

__all__ = ["EXTENSION", "Document", "SavedSet", "read_session", "write_session"]
