"""All the leads of one rep on their way to others."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.database import Record

HandoverStatus = Literal["waiting", "running", "done"]


class Handover(Record):
    """`to` is the rep who takes them; without one they are dealt out to the team. `position` is the last lead that was looked at.

    It goes over the leads until a whole round (`moved_this_round`) has found none to hand over.
    """

    noun: ClassVar[str] = "handover"

    rep_id: str
    to: str | None = None
    team_id: str
    reason: str
    status: HandoverStatus = "waiting"
    total: int = 0
    moved: int = 0
    moved_this_round: int = 0
    position: str = ""
    created_by: str
    finished_at: datetime | None = None
