"""The ways in which a company sells."""

from services.opportunities import store
from services.opportunities.models import DEFAULT_PIPELINE, NewPipeline, Pipeline, PipelineDraft
from services.opportunities.rules.pipelines import check_pipeline, dropped_stages
from shared.database import Database
from shared.errors import NotAllowedNow
from shared.history import Change
from shared.transaction import Transaction


async def seed_defaults(db: Database) -> None:
    await db.transact(known_pipelines)


async def known_pipelines(tx: Transaction) -> dict[str, Pipeline]:
    """All by slug; the default one is drawn if it is not there yet."""
    pipelines = await store.find_pipelines(tx)
    if DEFAULT_PIPELINE.id not in pipelines:
        drawn = DEFAULT_PIPELINE.model_copy(update={"created_at": tx.now, "updated_at": tx.now})
        await store.add_pipeline(tx, drawn)
        pipelines[drawn.id] = drawn
    return pipelines


async def draw_pipeline(tx: Transaction, draft: NewPipeline) -> Pipeline:
    check_pipeline(draft)
    if draft.slug in await known_pipelines(tx):
        raise NotAllowedNow(f"there is a pipeline {draft.slug} already", field="slug", rule="once")
    pipeline = Pipeline(id=draft.slug, created_at=tx.now, updated_at=tx.now, **_drawn(draft))
    await store.add_pipeline(tx, pipeline)
    _record(tx, pipeline, "drawn", None)
    return pipeline


async def change_pipeline(tx: Transaction, slug: str, version: int | None, draft: PipelineDraft) -> Pipeline:
    """Opportunities keep the probability and the category with which they entered their stage."""
    check_pipeline(draft)
    before = await store.get_pipeline(tx, slug)
    store.expect_version(before.version, version)
    dropped = dropped_stages(before, draft)
    if dropped and await store.is_stage_in_use(tx, slug, dropped):
        raise NotAllowedNow(f"open opportunities are in {', '.join(dropped)}; move them first", field="stages", rule="unused")
    after = before.model_copy(update={**_drawn(draft), "version": before.version + 1, "updated_at": tx.now})
    await store.save_pipeline(tx, after)
    _record(tx, after, "changed", before)
    return after


def _drawn(draft: PipelineDraft) -> dict[str, object]:
    return {name: getattr(draft, name) for name in PipelineDraft.model_fields}


def _record(tx: Transaction, pipeline: Pipeline, what: str, before: Pipeline | None) -> None:
    told = set(PipelineDraft.model_fields)
    old = before.model_dump(include=told) if before else {}
    tx.record(Change("pipeline", pipeline.id, pipeline.version, what, old, pipeline.model_dump(include=told)))
