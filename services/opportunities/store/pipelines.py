"""Pipelines: few, and read whole."""

from services.opportunities.models import Pipeline
from services.opportunities.store.opportunities import OPPORTUNITIES, Reader
from shared.errors import NotFound
from shared.transaction import Transaction

PIPELINES = "pipelines"


async def find_pipelines(tx: Transaction) -> dict[str, Pipeline]:
    """All of them, by slug."""
    documents = await tx.collection(PIPELINES).find().to_list(None)
    return {document["_id"]: Pipeline.from_document(document) for document in documents}


async def get_pipeline(reader: Reader, slug: str) -> Pipeline:
    document = await reader.collection(PIPELINES).find_one({"_id": slug})
    if document is None:
        raise NotFound(f"there is no pipeline {slug!r}", field="pipeline", rule="known_pipeline")
    return Pipeline.from_document(document)


async def add_pipeline(tx: Transaction, pipeline: Pipeline) -> None:
    await tx.collection(PIPELINES).insert_one(pipeline.to_document())


async def save_pipeline(tx: Transaction, pipeline: Pipeline) -> None:
    await tx.collection(PIPELINES).replace_one({"_id": pipeline.id}, pipeline.to_document())


async def is_stage_in_use(tx: Transaction, pipeline: str, stages: list[str]) -> bool:
    """Whether an open opportunity stands in one of these stages."""
    there = {"pipeline": pipeline, "stage": {"$in": stages}, "status": "open"}
    row = await tx.collection(OPPORTUNITIES).find_one(there, {"_id": 1})
    return row is not None
