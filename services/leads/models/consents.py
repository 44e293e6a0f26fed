"""Who was asked whether they agree, to what, and what they said."""

from datetime import datetime
from typing import ClassVar, Literal

from services.leads.models.forms import Language
from shared.database import Record

DOUBLE_OPT_IN = "double_opt_in"
MARKETING = "marketing"


class ConsentRecord(Record):
    """Of one address, to one source. `asked_at` is when the last mail was ordered; `given_from` is the address on the network.

    Of one that nobody answered in time, only that it was asked is kept.
    """

    noun: ClassVar[str] = "consent"

    source: str
    email: str | None
    purpose: str = MARKETING
    basis: str = DOUBLE_OPT_IN
    sender: str
    text: str
    language: Language = "en"
    status: Literal["requested", "given", "expired"] = "requested"
    asked_at: datetime
    expires_at: datetime
    given_at: datetime | None = None
    given_from: str | None = None
    lead_ids: list[str] = []
