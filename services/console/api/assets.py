"""The stylesheet, the script and the icon."""

from fastapi import APIRouter, Response

from services.console.api.rendering import ASSETS
from shared.errors import NotFound
from shared.web import OPEN

router = APIRouter(include_in_schema=False)
KEPT = {"cache-control": "public, max-age=31536000, immutable"}


@router.get("/static/{name}", openapi_extra=OPEN)
async def show_asset(name: str) -> Response:
    if name not in ASSETS:
        raise NotFound("There is no such file")
    content, media_type = ASSETS[name]
    return Response(content, media_type=media_type, headers=KEPT)


@router.get("/favicon.ico", openapi_extra=OPEN)
async def show_icon() -> Response:
    return await show_asset("icon.svg")
