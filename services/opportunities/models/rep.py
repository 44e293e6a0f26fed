"""A rep as leads last told of them; only what selling needs."""

from pydantic import BaseModel


class Rep(BaseModel):
    id: str
    version: int
    name: str
    team_id: str | None = None
    manager_id: str | None = None
    active: bool = True
