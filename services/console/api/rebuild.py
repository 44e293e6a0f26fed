"""The doors of the rebuild: begun by an administrator, followed by whoever began it."""

from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.console import service
from shared.web import Door

router = APIRouter(tags=["rebuild"])


class RebuildView(BaseModel):
    """`state` is `idle` or `building`; `generation` is the one that pages show; `done` of `total` events are taken in."""

    state: str
    generation: int
    done: int
    total: int
    began_at: datetime | None = None
    ended_at: datetime | None = None

    @classmethod
    def begun(cls, state: dict[str, Any]) -> Self:
        return cls(state="building", generation=state["reading"], done=0, total=0, began_at=state["began_at"])

    @classmethod
    def of(cls, rebuild: service.Rebuild) -> Self:
        return cls.model_validate(rebuild, from_attributes=True)


@router.post("/rebuild", response_model=RebuildView, status_code=202)
async def begin_rebuild(door: Door) -> Response:
    """Builds the read models anew from the topics; pages show the old ones until the new have caught up."""
    door.allow("admin")
    await service.prepare_generation(door.db)
    return await door.command(service.begin_rebuild, view=RebuildView.begun, status=202, location="/rebuild")


@router.get("/rebuild", response_model=RebuildView)
async def show_rebuild(door: Door) -> RebuildView:
    door.allow("admin", "manager")
    return RebuildView.of(await service.follow_rebuild(door.db))
