"""Pipelines: few, and read whole."""

from typing import Any

from services.opportunities.models import Pipeline
from services.opportunities.store.opportunities import OPPORTUNITIES
from shared.database import Database
from shared.errors import NotFound
from shared.transaction import Transaction

PIPELINES = "pipelines"


async def find_pipelines(tx: Transaction) -> dict[str, Pipeline]:
    """All of them, by slug."""
    documents = await tx.collection(PIPELINES).find().to_list(None)
    return {document["_id"]: Pipeline.from_document(document) for document in documents}


async def get_pipeline(tx: Transaction, slug: str) -> Pipeline:
    return _pipeline(await tx.collection(PIPELINES).find_one({"_id": slug}), slug)


async def read_pipeline(db: Database, slug: str) -> Pipeline:
    return _pipeline(await db.collection(PIPELINES).find_one({"_id": slug}), slug)


async def add_pipeline(tx: Transaction, pipeline: Pipeline) -> None:
    await tx.collection(PIPELINES).insert_one(pipeline.to_document())


async def save_pipeline(tx: Transaction, pipeline: Pipeline) -> None:
    await tx.collection(PIPELINES).replace_one({"_id": pipeline.id}, pipeline.to_document())


async def is_stage_in_use(tx: Transaction, pipeline: str, stages: list[str]) -> bool:
    """Whether an open opportunity stands in one of these stages."""
    there = {"pipeline": pipeline, "stage": {"$in": stages}, "status": "open"}
    row = await tx.collection(OPPORTUNITIES).find_one(there, {"_id": 1})
    return row is not None


def _pipeline(document: dict[str, Any] | None, slug: str) -> Pipeline:
    if document is None:
        raise NotFound(f"there is no pipeline {slug!r}", field="pipeline", rule="known_pipeline")
    return Pipeline.from_document(document)
