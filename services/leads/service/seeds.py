"""A fresh installation can deal out leads at once."""

from services.leads import store
from services.leads.models import CriteriaSet, MatchingSet, PolicySet, Rep, RoutingSet, Source, Team
from services.leads.rules.judging.defaults import MAIL_DOMAIN, REPS, SOURCES, TEAMS, default_criteria, default_matching, default_routing
from services.leads.service.policies import forget_policy
from services.leads.service.privacy.masking import say_masking_once
from shared.database import Database
from shared.transaction import Transaction


async def seed_defaults(db: Database) -> None:
    """Only what nobody has made yet. Of several processes that start at once one does it; the others find it done."""
    await db.transact(_seed, by="system")
    forget_policy(db)


async def _seed(tx: Transaction) -> None:
    if not await store.has_any(tx, Team):
        for team_id, name in TEAMS.items():
            await store.add_record(tx, Team(id=team_id, name=name, created_at=tx.now, updated_at=tx.now))
        for rep_id, name, team_id in REPS:
            await _seed_rep(tx, rep_id, name, team_id)
    if not await store.has_any(tx, Source):
        for slug, kind in SOURCES.items():
            name = slug.replace("-", " ").capitalize()
            await store.add_record(tx, Source(id=slug, name=name, kind=kind, created_at=tx.now, updated_at=tx.now))
    await _seed_policy(tx, default_criteria(), CriteriaSet)
    await _seed_policy(tx, default_routing(), RoutingSet)
    await _seed_policy(tx, default_matching(), MatchingSet)
    await say_masking_once(tx)


async def _seed_rep(tx: Transaction, rep_id: str, name: str, team_id: str) -> None:
    times = {"created_at": tx.now, "updated_at": tx.now}
    rep = Rep(id=rep_id, name=name, email=f"{rep_id}@{MAIL_DOMAIN}", team_id=team_id, **times)
    await store.add_record(tx, rep)
    tx.emit(rep.changed())


async def _seed_policy(tx: Transaction, policy: PolicySet, kind: type[PolicySet]) -> None:
    if await store.last_policy_version(tx, kind) == 0:
        in_force = {"version": 1, "status": "active", "created_at": tx.now, "created_by": tx.by, "activated_at": tx.now}
        await store.add_policy(tx, policy.model_copy(update=in_force))
