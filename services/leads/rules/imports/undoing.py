"""When a file is taken back: which of its leads stay, because somebody has worked with them since."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.leads.models import LeadDocument

Row = Mapping[str, Any]


def reason_to_keep(lead: LeadDocument, by_hand: Sequence[Row], others: int) -> str | None:
    """Why a lead that the file made does not go. `by_hand` are the changes that people made, `others` its other submissions."""
    if lead.get("outcome") in ("won", "lost"):
        return f"the deal that came of it is {lead['outcome']}"
    if by_hand:
        return f"{by_hand[0]['by'].removeprefix('user:')} has {by_hand[0]['what']} it"
    return f"{others} other submissions are part of it" if others else None
