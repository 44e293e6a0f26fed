"""Whom a lead weighs on: its owner, until they have responded, or it is sold, lost or given up without."""

from collections.abc import Mapping
from typing import Any


def load_of(lead: Mapping[str, Any]) -> str | None:
    is_open = lead.get("status") == "qualified" and lead.get("outcome") not in ("won", "lost")
    owner_id: str | None = lead.get("owner_id")
    return owner_id if is_open else None
