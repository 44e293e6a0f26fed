"""The only place that names a collection of the console."""

from services.console.store.changes import EVERYTHING, MANY, follow_changes, has_changed
from services.console.store.generations import (
    INDEXES,
    add_change_of_everything,
    drop_generation,
    find_progress,
    find_state,
    get_state,
    indexes_of,
    is_parked_beyond,
    save_state,
)
from services.console.store.library import (
    ENTRIES,
    Library,
    find_colleagues,
    find_masking,
    find_rep_by_email,
)
from services.console.store.shelf import Shelf

__all__ = [
    "ENTRIES",
    "EVERYTHING",
    "INDEXES",
    "MANY",
    "Library",
    "Shelf",
    "add_change_of_everything",
    "drop_generation",
    "find_colleagues",
    "find_masking",
    "find_progress",
    "find_rep_by_email",
    "find_state",
    "follow_changes",
    "get_state",
    "has_changed",
    "indexes_of",
    "is_parked_beyond",
    "save_state",
]
