"""How a source takes people in: its form, and what it asks them to confirm."""

from fastapi import APIRouter, Response

from services.leads import service, store
from services.leads.api.roles import MANAGERS, READERS
from services.leads.models import FormSettings, OptInSettings, Source
from services.leads.settings import lead_settings
from shared.errors import NotFound
from shared.web import Door

router = APIRouter(prefix="/sources/{source_id}", tags=["sources"])


class FormView(FormSettings):
    """`version` is that of the source. `snippet` is what to put into a page on one of `embed_on`."""

    version: int
    path: str
    snippet: str


class OptInView(OptInSettings):
    version: int


@router.get("/form", response_model=FormView)
async def show_form_settings(door: Door, source_id: str) -> Response:
    door.allow(*READERS)
    return door.answer(_form(await store.get_record(door.db, Source, source_id)))


@router.put("/form", response_model=FormView)
async def set_form(door: Door, source_id: str, form: FormSettings) -> Response:
    """From now on it is at `/forms/<source>`."""
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.set_form(tx, source_id, form, door.expected_version), view=_form)


@router.delete("/form", status_code=204)
async def take_form_down(door: Door, source_id: str) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.remove_form(tx, source_id, door.expected_version), status=204)


@router.get("/opt-in", response_model=OptInView)
async def show_opt_in(door: Door, source_id: str) -> Response:
    door.allow(*READERS)
    return door.answer(_opt_in(await store.get_record(door.db, Source, source_id)))


@router.put("/opt-in", response_model=OptInView)
async def set_opt_in(door: Door, source_id: str, opt_in: OptInSettings) -> Response:
    """Whoever submits from now on is asked by mail. What was submitted before is left as it is."""
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.set_opt_in(tx, source_id, opt_in, door.expected_version), view=_opt_in)


@router.delete("/opt-in", status_code=204)
async def ask_no_more(door: Door, source_id: str) -> Response:
    """What waits for an answer goes on waiting."""
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.remove_opt_in(tx, source_id, door.expected_version), status=204)


def _form(source: Source) -> FormView:
    if source.form is None:
        raise NotFound(f"The source {source.id} has no form", field="form", rule="exists")
    path, root = f"/forms/{source.id}", (lead_settings().public_url or "").rstrip("/")
    snippet = f'<script src="{root}{path}/embed.js" async></script>'
    return FormView(**source.form.model_dump(), version=source.version, path=path, snippet=snippet)


def _opt_in(source: Source) -> OptInView:
    if source.opt_in is None:
        raise NotFound(f"The source {source.id} asks for no confirmation", field="opt_in", rule="exists")
    return OptInView(**source.opt_in.model_dump(), version=source.version)
