"""The door for answers to surveys: what enters here becomes `survey.answered` like any other."""

from urllib.parse import quote

from fastapi import APIRouter, Response

from services.accounts import service
from services.accounts.api.roles import SENDERS
from services.accounts.api.views import Accepted
from shared.events import SurveyAnswered
from shared.web import Door

router = APIRouter(tags=["surveys"])


@router.post("/surveys", status_code=202, response_model=Accepted)
async def submit_answer(door: Door, answer: SurveyAnswered) -> Response:
    door.allow(*SENDERS, scope="surveys")
    return await door.command(lambda tx: service.submit_answer(tx, answer), view=_accepted, status=202, location=_look)


def _accepted(answer: SurveyAnswered) -> Accepted:
    return Accepted(id=answer.survey_id, look=_look(answer))


def _look(answer: SurveyAnswered) -> str:
    return f"/accounts/{quote(answer.account_id)}/satisfaction"
