"""A refused submission is tried again, by the road that it came, after what was wrong has been mended."""

from pydantic import ValidationError

from services.leads import store
from services.leads.models import SubmissionDocument
from services.leads.rules.sources.payloads import Item, Reader, read_json
from services.leads.service.capture.terms import Gate
from services.leads.service.sources.receiving import Payload, Reception, read_payload, take_up
from shared.errors import Invalid, NotAllowedNow, Refused
from shared.events import Envelope, LeadSubmitted
from shared.parking import settle_parked
from shared.transaction import Transaction
from shared.violations import violations_of


async def replay_submission(tx: Transaction, submission_id: str, origin: Envelope) -> SubmissionDocument:
    """What is still wrong with it is the answer, and it stays refused."""
    row = await store.get_submission(tx, submission_id, {}, whole=True)
    if row["status"] != "refused":
        raise NotAllowedNow(f"Only a refused submission is replayed; this one is {row['status']}", field="status", rule="refused")
    first, *others = await read_again(tx, row)
    await _expect_welcome(tx, first)
    if others:
        await _receive_others(tx, row, others, origin)
    assert first.submission is not None
    changes = take_up(tx, row, first.submission, origin) | {"whole": None}
    if first.external_id:
        changes["external_id"] = first.external_id
    await store.change_submissions(tx, {submission_id: changes})
    if "parked_id" in row:
        await settle_parked(tx, row["parked_id"], note=f"replayed as submission {submission_id}")
    return await store.get_submission(tx, submission_id, {})


async def read_again(tx: Transaction, row: SubmissionDocument) -> list[Item]:
    """What came, by the mapping in force now if it came through a webhook. Raises Invalid."""
    if "via" not in row:
        return [Item(row["raw"], submission=submission_again(row["raw"]))]
    webhook = await store.find_webhook(tx, row["source"])
    mapping = webhook.mapping if webhook else None
    if mapping is None or row.get("whole"):
        return read_payload(mapping, row["source"], row["raw"])
    return [Reader(mapping).read_item(row["source"], read_json(row["raw"]), row["raw"])]


async def _expect_welcome(tx: Transaction, item: Item) -> None:
    if item.refusal is not None:
        raise _still(item.refusal)
    assert item.submission is not None
    gate = await Gate.opened(tx, [item.submission.source])
    if (off := gate.switched_off(item.submission.source)) is not None:
        raise NotAllowedNow(off.detail, violations=off.violations)
    if (refusal := gate.refusal(item.submission)) is not None:
        raise _still(refusal)


def _still(refusal: Refused) -> Invalid:
    return Invalid(refusal.detail, violations=refusal.violations)


async def _receive_others(tx: Transaction, row: SubmissionDocument, items: list[Item], origin: Envelope) -> None:
    """A payload of which it could not be told what it holds turns out to hold several."""
    payload = Payload(row["source"], items, row["by"], origin)
    reception = await Reception.opened(tx, [payload])
    reception.receive(payload)
    await reception.close()


def submission_again(raw: bytes) -> LeadSubmitted:
    """From what came: the data alone, or a whole CloudEvent around it. Raises Invalid."""
    body = read_json(raw)
    if isinstance(body, dict) and "specversion" in body:
        body = body.get("data")
    try:
        return LeadSubmitted.model_validate(body)
    except ValidationError as error:
        raise Invalid("It can't be read as a submission", violations=violations_of(error)) from error
