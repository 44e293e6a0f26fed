"""The doors to pipelines: everyone reads them, managers draw them."""

from fastapi import APIRouter, Request, Response

from services.opportunities import service, store
from services.opportunities.api.asking import EVERYONE
from services.opportunities.api.views import PipelineView
from services.opportunities.models import NewPipeline, PipelineDraft
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["pipelines"])
DRAWERS = ("manager", "admin")
PIPELINES = Listing("pipelines", view=PipelineView.from_document, sorts=("id",), default_sort="id")


@router.get("/pipelines", response_model=Page[PipelineView], openapi_extra=PIPELINES.described)
async def list_pipelines(door: Door, request: Request) -> Page[PipelineView]:
    door.allow(*EVERYONE)
    return await PIPELINES.page(door.db, request.query_params)


@router.get("/pipelines/{slug}", response_model=PipelineView)
async def show_pipeline(slug: str, door: Door) -> Response:
    door.allow(*EVERYONE)
    return door.answer(PipelineView.of(await store.get_pipeline(door.db, slug)))


@router.post("/pipelines", response_model=PipelineView, status_code=201)
async def draw_pipeline(draft: NewPipeline, door: Door) -> Response:
    door.allow(*DRAWERS)
    return await door.command(
        lambda tx: service.draw_pipeline(tx, draft), view=PipelineView.of, status=201, location=f"/pipelines/{draft.slug}"
    )


@router.put("/pipelines/{slug}", response_model=PipelineView)
async def change_pipeline(slug: str, draft: PipelineDraft, door: Door) -> Response:
    door.allow(*DRAWERS)
    version = door.expected_version
    return await door.command(lambda tx: service.change_pipeline(tx, slug, version, draft), view=PipelineView.of)
