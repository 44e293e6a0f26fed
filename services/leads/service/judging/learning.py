"""Predictions are learned anew when enough sales have ended, or after a week, in a process of its own that nobody waits for."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.leads import store
from services.leads.models import PredictiveModel
from services.leads.service.policies import activate_policy, add_draft
from shared.database import Database, utcnow
from shared.errors import NotAllowedNow
from shared.telemetry import get_logger
from shared.transaction import Transaction

log = get_logger(__name__)
FEWEST_NEW = 20
NEW_SHARE = 0.1
AT_LEAST_EVERY = timedelta(days=7)
MOST_OUTCOMES = 50_000


async def learn_sometimes(db: Database) -> int:
    """Whether there was something to learn, as a worker's step says it."""
    return 1 if await learn(db, utcnow()) else 0


async def learn(db: Database, now: datetime) -> PredictiveModel | None:
    """The new model, if it was time for one. It comes into force by itself, unless the one in force was chosen to stay."""
    asked_at = await store.find_asked_to_learn(db)
    if asked_at is None and not await _is_due(db, await store.find_latest_policy(db, PredictiveModel), now):
        return None
    rows = await store.find_latest_outcomes(db, MOST_OUTCOMES)
    trained = await _trained_apart(rows)
    learned = trained.model_copy(update={"seen_until": rows[-1]["at"]})
    added = await db.transact(lambda tx: _add(tx, learned, asked_at), by="learning")
    log.info("learned from closed sales", version=added.version, seen=added.seen, uses=added.uses, why=added.why)
    return added


async def _is_due(db: Database, latest: PredictiveModel | None, now: datetime) -> bool:
    enough = max(FEWEST_NEW, round(NEW_SHARE * latest.seen)) if latest else FEWEST_NEW
    new = await store.count_outcomes_since(db, latest.seen_until if latest else None, enough)
    old = latest is not None and latest.created_at is not None and now - latest.created_at >= AT_LEAST_EVERY
    return new >= enough or (new > 0 and old)


async def _add(tx: Transaction, model: PredictiveModel, asked_at: datetime | None) -> PredictiveModel:
    added = await add_draft(tx, model)
    if asked_at is not None:
        await store.note_learned(tx, asked_at)
    active = await store.find_active_policy(tx, PredictiveModel)
    return added if active and active.kept else await activate_policy(tx, PredictiveModel, added.version)


async def ask_to_learn(tx: Transaction) -> int:
    """Whoever learns sees to it within seconds, however few sales have ended since. Returns the version of the latest model until then."""
    if not await store.count_outcomes_since(tx, None, 1):
        raise NotAllowedNow("No sale has ended yet, and nobody was given up", field="outcomes", rule="some")
    await store.ask_to_learn(tx)
    return await store.last_policy_version(tx, PredictiveModel)


async def choose_model(tx: Transaction, version: int, *, keep: bool) -> PredictiveModel:
    """Comes into force; as long as it is kept, no later one takes its place by itself."""
    chosen = await store.get_policy(tx, PredictiveModel, version)
    if chosen.status != "active":
        chosen = await activate_policy(tx, PredictiveModel, version)
    kept = chosen.model_copy(update={"kept": keep})
    await store.save_policy(tx, kept)
    return kept


async def _trained_apart(rows: Sequence[Mapping[str, Any]]) -> PredictiveModel:
    """In another process, which is told by JSON and answers so; it is ended when nobody waits for it any more."""
    examples = [[row["won"], row["score"], row["team_id"], row["traits"]] for row in rows]
    pipe = asyncio.subprocess.PIPE
    trainer = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.leads.trainer", stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        answer, complaint = await trainer.communicate(json.dumps(examples).encode())
    finally:
        if trainer.returncode is None:
            trainer.kill()
    if trainer.returncode != 0:
        raise RuntimeError(f"learning failed: {complaint.decode(errors='replace')[-2000:]}")
    return PredictiveModel.model_validate_json(answer)
