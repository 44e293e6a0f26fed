"""Files of companies: loaded beside the one in use, which they replace when they are whole."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from services.leads import store
from services.leads.models import CompanyFile, Provider
from services.leads.rules.enrichment.company_rows import CompanyRows
from services.leads.service.enrichment.providers import change_provider
from shared.database import Database, new_id, utcnow
from shared.errors import NotAllowedNow
from shared.transaction import Transaction

AT_ONCE = 1_000
# So long a file may take to be loaded.
LOADING_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class CompanyUpload:
    """`lines` of a file, as they are read; `by` whom it is loaded."""

    provider_id: str
    name: str
    lines: Iterable[str]
    by: str


async def load_companies(db: Database, upload: CompanyUpload) -> CompanyFile:
    """Row by row, each thousand in a transaction of its own; until the file is switched to, nothing of it counts."""
    if (await store.get_record(db, Provider, upload.provider_id)).kind != "file":
        raise NotAllowedNow("Only a provider of kind file looks into one", field="kind", rule="kind")
    companies, file_id, count = CompanyRows(upload.lines), new_id(), 0
    rows = iter(companies)
    while some := list(islice(rows, AT_ONCE)):
        numbered = [{"_id": f"{file_id}/{count + number}", "file_id": file_id, **row} for number, row in enumerate(some)]
        await db.transact(_adding(numbered), by=upload.by)
        count += len(some)
    return CompanyFile(id=file_id, name=upload.name, columns=companies.columns, rows=count, loaded_at=utcnow())


def _adding(rows: list[dict[str, Any]]) -> Any:
    return lambda tx: store.add_companies(tx, rows)


async def use_companies(tx: Transaction, provider_id: str, file: CompanyFile) -> Provider:
    """From now on it is this one; the rows of the former go little by little."""
    return await change_provider(tx, provider_id, {"file": file.model_dump()})


async def remove_old_files(db: Database, providers: Iterable[Provider]) -> None:
    """A thousand rows of one that nobody looks into any more."""
    if not any(provider.kind == "file" for provider in providers):
        return
    used = {provider.file.id for provider in await store.find_providers(db) if provider.file}
    old = [file_id for file_id in await store.find_company_files(db) if file_id not in used and _age(file_id) > LOADING_SECONDS]
    if old:
        ids = await store.find_company_ids(db, old[0], AT_ONCE)
        await db.transact(lambda tx: store.remove_companies(tx, ids), by="enrichment")


def _age(file_id: str) -> float:
    """In seconds: the id tells when it was made."""
    return time.time() - (UUID(file_id).int >> 80) / 1_000
