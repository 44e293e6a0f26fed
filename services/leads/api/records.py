"""What callers are shown of registers: reps, teams, territories, sources, and how leads of who leaves are handed over."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.leads.models import Cost, Ground, Leave, Limits, WorkingHours


class RecordView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, record: Any) -> Self:
        """Of a record, or of its document."""
        return cls.model_validate({**record, "id": record["_id"]} if isinstance(record, dict) else record)


class RepView(RecordView):
    name: str
    email: str
    team_id: str
    manager_id: str | None
    active: bool
    available: bool
    skills: list[str] = []
    languages: list[str] = []
    weight: int = 1
    max_open: int | None = None
    max_per_day: int | None = None
    hours: WorkingHours | None = None
    leave: list[Leave] = []


class TeamView(RecordView):
    name: str
    manager_id: str | None
    hours: WorkingHours | None = None


class TerritoryView(RecordView):
    name: str
    parent_id: str | None
    position: int
    ground: Ground
    team_id: str | None
    rep_ids: list[str]
    active: bool


class HandoverView(RecordView):
    """How far it is: `total` leads were the rep's when it began, of which those still worked on are `moved`."""

    rep_id: str
    to: str | None
    reason: str
    status: str
    total: int
    moved: int
    created_by: str
    finished_at: datetime | None


class SourceView(RecordView):
    name: str
    kind: str
    active: bool
    off_reason: str | None = None
    owner_id: str | None = None
    allowed_fields: list[str] = []
    default_fields: dict[str, str] = {}
    limits: Limits = Limits()
    consent_basis: str | None = None
    monthly_cost: Cost | None = None
    masked: list[str] = []
