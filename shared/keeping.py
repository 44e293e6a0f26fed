"""For how long rows are kept, where somebody has set another time than the usual."""

from collections.abc import Iterable, Iterator, Mapping

from shared.database import Database
from shared.indexing import Index
from shared.settings import Misconfigured


def indexes_kept(indexes: Iterable[Index], database: Database, usual_days: Mapping[str, int]) -> Iterator[Index]:
    """With the ages at which rows expire in this database. Raises Misconfigured for a collection of which nobody may set one."""
    days = database.retention_days
    if unknown := sorted(days.keys() - usual_days.keys()):
        name = f"DEALWIRE_{database.name.upper()}_RETENTION_DAYS"
        raise Misconfigured(f"{name} makes no sense: it sets no time for {', '.join(unknown)}.")
    return (index.kept_for(days.get(index.collection)) for index in indexes)
