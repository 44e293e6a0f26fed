"""What one caller sees of leads: every door that shows some shows them through this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.leads import service, store
from services.leads.api.records import SourceView
from services.leads.api.roles import allow_reading
from services.leads.api.views import LeadView, LeadWithReasons
from services.leads.rules.capture.identity import search_ranges
from services.leads.rules.privacy.masking import Hidden, change_without, expect_shown, ranges_shown, without
from shared.errors import Forbidden
from shared.history import ChangeView
from shared.web import Door

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """The leads that they see are within `own`, or `for_anybody` to claim; of none they see the fields that are `hidden`."""

    own: dict[str, Any]
    for_anybody: dict[str, Any] | None
    hidden: Hidden

    @property
    def scope(self) -> dict[str, Any]:
        return {"$or": [self.own, self.for_anybody]} if self.for_anybody else self.own

    def lead(self, lead: Document) -> LeadView:
        return LeadView.of(without(lead, self.hidden))

    def lead_with_reasons(self, lead: Document) -> LeadWithReasons:
        return LeadWithReasons.of(without(lead, self.hidden))

    def row(self, row: Document) -> Document:
        return without(row, self.hidden)

    def source(self, source: Any) -> SourceView:
        return SourceView.of(without(source if isinstance(source, dict) else source.to_document(), self.hidden))

    def change(self, change: Document) -> ChangeView:
        return ChangeView.of(change_without(change, self.hidden))

    def without_problems(self, row: Document) -> Document:
        """What could not be taken of an answer is told in its own words."""
        return {name: value for name, value in row.items() if name not in ("problem", "problems")} if self.hidden else row

    def expect_shown(self, params: Mapping[str, str]) -> None:
        expect_shown(params, self.hidden)

    def expect_everything(self) -> None:
        """For what is shown as it came, and can't be shown in part."""
        if self.hidden:
            raise Forbidden("It holds fields that are masked for you", rule="masked")

    def ranges(self, typed: str) -> list[tuple[str, str]]:
        return ranges_shown(search_ranges(typed), self.hidden)


async def sight_of(door: Door) -> Sight:
    """Of whoever may see leads at all."""
    allow_reading(door)
    return Sight(*await service.scopes_of(door.db, door.principal), await service.hidden_of(door.db, door.principal))


async def hidden_from(door: Door) -> Sight:
    """For doors that show no leads, but fields that may be masked."""
    return Sight({}, None, await service.hidden_of(door.db, door.principal))


async def leads_in_sight(door: Door, rows: Iterable[Document]) -> set[str]:
    """Of the leads that these rows belong to, those that the caller sees."""
    scope = await service.scope_of(door.db, door.principal)
    ids = {row["lead_id"] for row in rows if "lead_id" in row}
    return await store.find_leads_within(door.db, ids, scope) if scope else ids
