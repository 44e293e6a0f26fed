"""The rules in force: read at most every two seconds, drafted, activated."""

from typing import TypeVar

from services.leads import store
from services.leads.models import (
    CriteriaDraft,
    CriteriaSet,
    MatchingDraft,
    MatchingSet,
    PolicySet,
    PredictiveModel,
    Rejudging,
    Rep,
    RoutingDraft,
    RoutingRule,
    RoutingSet,
    Team,
    Territory,
)
from services.leads.rules.distribution.routing import Surroundings
from services.leads.rules.distribution.territories import Atlas
from services.leads.rules.duplicates.matching import Matcher
from services.leads.rules.judging.defaults import default_matching
from services.leads.rules.judging.expressions import check_criteria, check_routing
from services.leads.rules.judging.policy import Policy
from services.leads.rules.judging.prediction import Predictor
from shared.database import Database, Record
from shared.errors import Invalid, NotAllowedNow, Violation
from shared.history import Change
from shared.remembering import Fresh
from shared.transaction import Transaction

S = TypeVar("S", bound=PolicySet)
FRESH_SECONDS = 2.0


async def current_policy(db: Database) -> Policy:
    """Another process's change is seen here after two seconds at the latest."""
    return await _in_force.current(db)


async def policy_of(db: Database, criteria: CriteriaSet | None, routing: RoutingSet | None) -> Policy:
    """With as much of what is around as these rules ask for."""
    rules = routing.rules if routing else []
    asks_for_customers = any(rule.account_owner for rule in rules) and await store.has_customers(db)
    names_reps = asks_for_customers or any(rule.rep_id for rule in rules)
    territories = await store.find_territories(db) if any(rule.territory_id for rule in rules) else []
    around = Surroundings(Atlas(territories), await store.find_teams_of_reps(db) if names_reps else {})
    return Policy(
        criteria,
        routing,
        await store.find_sources(db),
        around,
        asks_for_customers=asks_for_customers,
        counted=await store.find_counted_reps(db),
        strangers=await store.has_strangers(db),
        predictor=Predictor(await store.find_active_policy(db, PredictiveModel)),
    )


async def current_matching(db: Database) -> Matcher:
    """By what two leads are one person. There are always weights: those that an installation starts with, if there are no others."""
    return await _matching.current(db)


async def _read_policy(db: Database) -> Policy:
    criteria, routing = await store.find_active_policy(db, CriteriaSet), await store.find_active_policy(db, RoutingSet)
    return await policy_of(db, criteria, routing)


async def _read_matching(db: Database) -> Matcher:
    return Matcher(await store.find_active_policy(db, MatchingSet) or default_matching())


_in_force = Fresh(_read_policy, seconds=FRESH_SECONDS)
_matching = Fresh(_read_matching, seconds=FRESH_SECONDS)


def forget_policy(db: Database) -> None:
    _in_force.forget(db)
    _matching.forget(db)


async def draft_criteria(tx: Transaction, draft: CriteriaDraft) -> CriteriaSet:
    """Raises Invalid with the place of whatever does not compile."""
    check_criteria(draft)
    return await add_draft(tx, CriteriaSet(**draft.model_dump()))


async def draft_routing(tx: Transaction, draft: RoutingDraft) -> RoutingSet:
    check_routing(draft)
    missing = [one for number, rule in enumerate(draft.rules) if (one := await _missing(tx, f"rules.{number}", rule))]
    if missing:
        raise Invalid("; ".join(one.detail for one in missing[:3]), violations=tuple(missing))
    return await add_draft(tx, RoutingSet(**draft.model_dump()))


async def _missing(tx: Transaction, path: str, rule: RoutingRule) -> Violation | None:
    """The place that a rule sends leads to, if there is no such place."""
    places: dict[str, type[Record]] = {"team_id": Team, "claim_team_id": Team, "rep_id": Rep, "territory_id": Territory}
    for field, kind in places.items():
        named = getattr(rule, field)
        if named is not None and not await store.has_record(tx, kind, named):
            return Violation(f"{path}.{field}", "exists", f"{rule.name}: there is no {field.removesuffix('_id').replace('_', ' ')} {named}")
    return None


async def draft_matching(tx: Transaction, draft: MatchingDraft) -> MatchingSet:
    return await add_draft(tx, MatchingSet(**draft.model_dump()))


async def add_draft(tx: Transaction, policy: S) -> S:
    version = await store.last_policy_version(tx, type(policy)) + 1
    draft = policy.model_copy(update={"version": version, "status": "draft", "created_at": tx.now, "created_by": tx.by})
    await store.add_policy(tx, draft)
    tx.record(Change(of=draft.noun, id=str(version), version=1, what="drafted"))
    return draft


async def activate_criteria(tx: Transaction, version: int, *, rejudge: bool) -> CriteriaSet:
    """From now on leads are judged by this one; those that were judged before only if asked for, in the background."""
    active = await activate_policy(tx, CriteriaSet, version)
    if rejudge:
        await store.save_rejudging(tx, Rejudging(id=str(version), created_at=tx.now, updated_at=tx.now))
    return active


async def roll_back_policy(tx: Transaction, kind: type[S]) -> S:
    """The one that was in force before is in force again."""
    former = await store.find_former_policy(tx, kind)
    if former is None:
        raise NotAllowedNow("There is no earlier version that was in force", field="version", rule="former")
    return await activate_policy(tx, kind, former.version)


async def activate_policy(tx: Transaction, kind: type[S], version: int) -> S:
    """From now on it is this one."""
    chosen = await store.get_policy(tx, kind, version)
    if chosen.status == "active":
        raise NotAllowedNow(f"Version {version} is active already", field="version", rule="active")
    former = await store.find_active_policy(tx, kind)
    if former is not None:
        await store.save_policy(tx, former.model_copy(update={"status": "retired"}))
    active = chosen.model_copy(update={"status": "active", "activated_at": tx.now})
    await store.save_policy(tx, active)
    what = {"status": "active", "instead_of": former.version if former else None}
    tx.record(Change(of=kind.noun, id=str(version), version=2, what="activated", before={"status": chosen.status}, after=what))
    forget_policy(tx.database)
    return active
