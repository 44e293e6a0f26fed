"""Who changed what, when, from what to what, and why: written with the change itself, and changed by nobody.

It lives in a database of its own beside the service's, in which the service's user may add and read and nothing else. So that nobody
ever needs to be erased from it, it holds no values of people: of a field that may be somebody's only the name is kept. The values are
in the history of the record, under the same id.
"""

from pymongo.errors import OperationFailure

from shared.database import Database
from shared.indexing import Index
from shared.settings import Misconfigured

AUDIT = "audit"
INDEXES = tuple(Index(AUDIT, [*first, ("at", -1), ("_id", -1)]) for first in ([], [("of", 1)], [("record_id", 1)], [("by", 1)]))
UNAUTHORIZED = 13


async def prepare_audit(database: Database) -> None:
    """Where the service's user may not make indexes, whoever made the user has made them. Raises Misconfigured without any rights."""
    try:
        await database.audit.ensure_indexes(INDEXES)
    except OperationFailure as refusal:
        if refusal.code != UNAUTHORIZED:
            raise
        await _expect_rights(database)


async def _expect_rights(database: Database) -> None:
    try:
        await database.audit.collection(AUDIT).find_one({}, {"_id": 1})
    except OperationFailure as refusal:
        raise Misconfigured(f"The user of {database.name} at MongoDB has no rights in {database.audit.name}; see decision 12.") from refusal
