"""What every change leaves behind: a row of history, and a check that nobody else came first."""

from services.accounts.models import Aggregate
from services.accounts.rules.history import differences
from shared.errors import StaleVersion
from shared.history import Change
from shared.transaction import Transaction


def note_change(tx: Transaction, what: str, after: Aggregate, before: Aggregate | None = None, *, why: str | None = None) -> None:
    was, became = differences(before, after)
    tx.record(Change(of=after.noun, id=after.id, version=after.version, what=what, before=was, after=became, why=why))


def expect_version(record: Aggregate, version: int | None) -> None:
    """Raises StaleVersion when the caller read another version; one that named none takes what there is."""
    if version not in (None, record.version):
        raise StaleVersion(f"this {record.noun} is at version {record.version}, not {version}", field="If-Match", rule="version")
