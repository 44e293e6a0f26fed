"""What a set of routing rules would have done."""

from pydantic import BaseModel


class Difference(BaseModel):
    """One lead that would have gone elsewhere."""

    lead_id: str
    rule: str | None
    team_id: str | None
    owner_id: str | None
    was_rule: str | None
    was_team_id: str | None
    was_owner_id: str | None


class Simulation(BaseModel):
    """`changed` counts the leads that another rule or another team would have had, `waiting` those that nobody would have got at once.

    `by_owner` counts who would have got them, under the empty word those whom nobody would; `by_owner_before` who did.
    """

    version_simulated: int
    leads: int
    changed: int
    waiting: int
    by_rule: dict[str, int]
    by_owner: dict[str, int]
    by_owner_before: dict[str, int]
    examples: list[Difference]
