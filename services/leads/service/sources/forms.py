"""How a source takes people in: its form, and what it asks them to confirm."""

from typing import Any

from services.leads import store
from services.leads.models import FormSettings, OptInSettings, Source
from services.leads.rules.capture.forms import check_choices
from services.leads.service.policies import forget_policy
from services.leads.service.records import change_record
from services.leads.settings import lead_settings
from shared.errors import NotAllowedNow, Unreachable
from shared.transaction import Transaction


async def set_form(tx: Transaction, slug: str, form: FormSettings, expected_version: int | None) -> Source:
    check_choices(form)
    return await _set(tx, slug, {"form": form}, expected_version)


async def remove_form(tx: Transaction, slug: str, expected_version: int | None) -> None:
    await _set(tx, slug, {"form": None}, expected_version)


async def set_opt_in(tx: Transaction, slug: str, opt_in: OptInSettings, expected_version: int | None) -> Source:
    """Nobody can be asked to confirm without a link to do it with."""
    _expect_links()
    source = await _set(tx, slug, {"opt_in": opt_in}, expected_version)
    forget_policy(tx.database)
    return source


async def remove_opt_in(tx: Transaction, slug: str, expected_version: int | None) -> None:
    await _set(tx, slug, {"opt_in": None}, expected_version)
    forget_policy(tx.database)


def _expect_links() -> None:
    try:
        lead_settings().link_to(lead_settings().keys[0])
    except Unreachable as missing:
        raise NotAllowedNow(str(missing), field="opt_in", rule="settings") from None


async def _set(tx: Transaction, slug: str, fields: dict[str, Any], expected_version: int | None) -> Source:
    before = await store.get_record(tx, Source, slug)
    return await change_record(tx, before, before.model_copy(update=fields), expected_version)
