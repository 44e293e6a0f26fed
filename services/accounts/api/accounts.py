"""Accounts, and what belongs to each."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from services.accounts import service, store
from services.accounts.api.roles import KEEPERS, READERS
from services.accounts.api.views import AccountView, CaseView, ContactView, DealView, FollowUpView, OrderView, SatisfactionView
from services.accounts.models import Account, AccountContact, Case, Deal, FollowUp, Order, OrderStatus, Satisfaction
from services.accounts.models.care import AgainstExpectation, Severity, SurveyKind
from services.accounts.rules.identity import normalised_domain
from shared.events.values import Country, Id, Text
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["accounts"])
LATEST = "-updated_at"
ACCOUNTS = Listing(
    store.COLLECTIONS[Account],
    view=AccountView.of,
    sorts=("updated_at", "name", "health"),
    default_sort=LATEST,
    filters={
        "name": str,
        "domain": str,
        "owner_id": str,
        "owner_active": bool,
        "team_id": str,
        "health": int,
        "updated_at": datetime,
    },
)
CONTACTS = Listing(
    store.COLLECTIONS[AccountContact], view=ContactView.of, sorts=("updated_at",), default_sort=LATEST, filters={"role": str}
)
DEALS = Listing(store.COLLECTIONS[Deal], view=DealView.of, sorts=("updated_at",), default_sort=LATEST, filters={"status": str})
ORDERS = Listing(store.COLLECTIONS[Order], view=OrderView.of, sorts=("updated_at",), default_sort=LATEST, filters={"status": OrderStatus})
FOLLOW_UPS = Listing(
    store.COLLECTIONS[FollowUp], view=FollowUpView.of, sorts=("due",), default_sort="due", filters={"status": str, "due": datetime}
)
CASES = Listing(
    store.COLLECTIONS[Case], view=CaseView.of, sorts=("updated_at",), default_sort=LATEST, filters={"status": str, "severity": Severity}
)
SATISFACTION = Listing(
    store.COLLECTIONS[Satisfaction],
    view=SatisfactionView.of,
    sorts=("updated_at",),
    default_sort=LATEST,
    filters={"kind": SurveyKind, "against_expectation": AgainstExpectation},
)


class AccountPatch(BaseModel):
    """What is left out stays; null takes the value away."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[Text, StringConstraints(min_length=1)] = ""
    domain: Annotated[Text, StringConstraints(min_length=1), AfterValidator(normalised_domain)] | None = None
    country: Country | None = None
    owner_id: Id | None = None


@router.get("/accounts", openapi_extra=ACCOUNTS.described)
async def list_accounts(door: Door, request: Request) -> Page[AccountView]:
    door.allow(*READERS)
    return await ACCOUNTS.page(door.db, request.query_params, scope=door.principal.record_scope())


@router.get("/accounts/{account_id}", response_model=AccountView)
async def show_account(door: Door, account_id: str) -> Response:
    return door.answer(AccountView.showing(await _account_in_scope(door, account_id)), settled=False)


@router.patch("/accounts/{account_id}", response_model=AccountView)
async def change_account(door: Door, account_id: str, patch: AccountPatch) -> Response:
    door.allow(*KEEPERS)
    scope, version, fields = door.principal.record_scope(), door.expected_version, patch.model_dump(exclude_unset=True)
    return await door.command(
        lambda tx: service.change_account(tx, account_id, fields, scope=scope, expected_version=version), view=AccountView.showing
    )


@router.get("/accounts/{account_id}/contacts", openapi_extra=CONTACTS.described)
async def list_contacts(door: Door, request: Request, account_id: str) -> Page[ContactView]:
    return await _page_of(CONTACTS, door, request, account_id)


@router.get("/accounts/{account_id}/deals", openapi_extra=DEALS.described)
async def list_deals(door: Door, request: Request, account_id: str) -> Page[DealView]:
    return await _page_of(DEALS, door, request, account_id)


@router.get("/accounts/{account_id}/orders", openapi_extra=ORDERS.described)
async def list_orders(door: Door, request: Request, account_id: str) -> Page[OrderView]:
    return await _page_of(ORDERS, door, request, account_id)


@router.get("/accounts/{account_id}/follow-ups", openapi_extra=FOLLOW_UPS.described)
async def list_follow_ups(door: Door, request: Request, account_id: str) -> Page[FollowUpView]:
    return await _page_of(FOLLOW_UPS, door, request, account_id)


@router.get("/accounts/{account_id}/cases", openapi_extra=CASES.described)
async def list_cases_of_account(door: Door, request: Request, account_id: str) -> Page[CaseView]:
    return await _page_of(CASES, door, request, account_id)


@router.get("/accounts/{account_id}/satisfaction", openapi_extra=SATISFACTION.described)
async def list_satisfaction(door: Door, request: Request, account_id: str) -> Page[SatisfactionView]:
    return await _page_of(SATISFACTION, door, request, account_id)


@router.get("/accounts/{account_id}/history", openapi_extra=HISTORY.described)
async def list_account_history(door: Door, request: Request, account_id: str) -> Page[ChangeView]:
    await _account_in_scope(door, account_id)
    return await history_page(door.db, Account.noun, account_id, request.query_params)


async def _page_of(listing: Listing[Any], door: Door, request: Request, account_id: str) -> Page[Any]:
    await _account_in_scope(door, account_id)
    return await listing.page(door.db, request.query_params, scope={"account_id": account_id})


async def _account_in_scope(door: Door, account_id: str) -> Account:
    door.allow(*READERS)
    return await store.get(door.db, Account, account_id, door.principal.record_scope())
