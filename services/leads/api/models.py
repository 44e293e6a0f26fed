"""What is predicted, and by which model: looked at, chosen, taken back."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.leads import service, store
from services.leads.api.bodies import Body
from services.leads.api.judgements import ModelView
from services.leads.api.roles import MANAGERS, SELLERS
from services.leads.models import PredictiveModel
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(prefix="/models", tags=["models"])
MODELS = Listing(PredictiveModel.noun, view=ModelView.of, sorts=("id",), default_sort="-id", filters={"status": str, "uses": str})


class Choice(Body):
    """`keep`: no later model takes its place by itself."""

    keep: bool = True


@router.get("", openapi_extra=MODELS.described)
async def list_models(door: Door, request: Request) -> Page[ModelView]:
    """Each with its quality on outcomes that it had not seen, beside that of the criteria on the same."""
    door.allow(*SELLERS)
    return await MODELS.page(door.db, request.query_params)


class Training(BaseModel):
    """Learning begins within seconds, and makes a version after this one; 0: the first."""

    after_version: int


@router.post("/train", status_code=202, response_model=Training)
async def train_model(door: Door) -> Response:
    """Without waiting for more sales to end, or for the week to be over. It speaks only where it tells more than the score."""
    door.allow(*MANAGERS)
    return await door.command(service.ask_to_learn, view=lambda version: Training(after_version=version), status=202, location="/models")


@router.post("/rollback", response_model=PredictiveModel)
async def roll_back_model(door: Door) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.roll_back_policy(tx, PredictiveModel))


@router.get("/{version}", response_model=PredictiveModel)
async def show_model(door: Door, version: int) -> Response:
    """With everything that it goes by."""
    door.allow(*SELLERS)
    return door.answer(await store.get_policy(door.db, PredictiveModel, version))


@router.post("/{version}/activate", response_model=PredictiveModel)
async def activate_model(door: Door, version: int, choice: Choice | None = None) -> Response:
    door.allow(*MANAGERS)
    keep = (choice or Choice()).keep
    return await door.command(lambda tx: service.choose_model(tx, version, keep=keep))
