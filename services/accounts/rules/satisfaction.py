"""What an answer says about an expectation.

Source: expectation-confirmation theory (R. L. Oliver, 1980): satisfaction is the outcome compared with what was expected. The bands follow
the two questions' own readings, so that both agree on one scale: csat 4 and 5 of 5 count as satisfied ("top two box"), nps 9 and 10 as
promoters, 7 and 8 as passive, 0 to 6 as detractors (F. Reichheld, 2003).

    answer          csat 1 2 3        4        5        nps 0 … 6     7  8      9  10
    score           0  25  50         75       100      0 … 60        70 80     90 100
    expectation     missed            met      exceeded missed        met       exceeded
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from services.accounts.models import Account, AccountContact, RecordedExpectation, Satisfaction, Survey
from services.accounts.models.care import AgainstExpectation, SurveyKind
from services.accounts.rules.moments import believable_moment, believed_time
from shared.errors import Invalid
from shared.events import Expectation, SurveyAnswered

SCALES: dict[SurveyKind, tuple[int, int]] = {"csat": (1, 5), "nps": (0, 10)}
EXCEEDED_FROM = 90
MET_FROM = 70
_ANSWERS = UUID("0d7b3a6e-5c1f-5b7a-9a53-2f8e6c4d1b90")


def normalised_score(kind: SurveyKind, score: int) -> int:
    """From 0 to 100, whatever the question's own scale."""
    lowest, highest = SCALES[kind]
    if not lowest <= score <= highest:
        raise Invalid(f"a {kind} score goes from {lowest} to {highest}, not {score}", field="score", rule=f"{kind}_{lowest}_to_{highest}")
    return round((score - lowest) * 100 / (highest - lowest))


def against_expectation(score: int, expectations: Sequence[Expectation]) -> AgainstExpectation:
    """Without anything recorded there is nothing to compare with, however content the customer is."""
    if not expectations:
        return "none_recorded"
    if score >= EXCEEDED_FROM:
        return "exceeded"
    return "met" if score >= MET_FROM else "missed"


def refuse_unusable(answer: SurveyAnswered, account: Account | None, survey: Survey | None, *, now: datetime) -> Account:
    """The account that answered. Raises Invalid when the answer can't be counted."""
    normalised_score(answer.kind, answer.score)
    if answer.answered_at:
        believable_moment(answer.answered_at, now, field="answered_at")
    if account is None:
        raise Invalid(f"there is no account {answer.account_id}", field="account_id", rule="known")
    if survey and (survey.account_id, survey.kind) != (answer.account_id, answer.kind):
        raise Invalid("this survey was put to another account, or asked for another kind of score", field="survey_id", rule="same_survey")
    if survey and survey.status == "answered" and survey.score != answer.score:
        raise Invalid("this survey was answered before, and otherwise", field="survey_id", rule="answered_once")
    return account


def answer_id_of(answer: SurveyAnswered) -> str:
    """Known before the answer is recorded: who says of one survey the very same again, in whatever message, says it once."""
    told = answer.model_dump_json(exclude_none=True)
    return str(uuid5(_ANSWERS, f"survey {told}" if answer.survey_id else f"event {answer.envelope.identity}"))


def is_repeated(answer: SurveyAnswered, survey: Survey | None) -> bool:
    """The same answer to the same question again says nothing new."""
    return survey is not None and survey.status == "answered" and survey.score == answer.score


def unless_erased(answer: SurveyAnswered, survey: Survey | None, asked: Mapping[str, AccountContact]) -> SurveyAnswered:
    """Without its words, if they are of somebody who was erased meanwhile."""
    contact = asked.get(survey.contact_id or "") if survey else None
    return answer.model_copy(update={"comment": None}) if contact and contact.erased_at else answer


def expectations_asked_about(expectations: Sequence[RecordedExpectation], survey: Survey | None) -> list[Expectation]:
    """Those of the deal that the survey is about, else all of the account."""
    of_deal = [one for one in expectations if survey and one.opportunity_id == survey.opportunity_id]
    return [one.as_told() for one in of_deal or expectations]


def measured(answer: SurveyAnswered, survey: Survey | None, expectations: list[Expectation], now: datetime) -> Satisfaction:
    score = normalised_score(answer.kind, answer.score)
    return Satisfaction(
        id=answer_id_of(answer),
        account_id=answer.account_id,
        survey_id=answer.survey_id,
        contact_id=survey.contact_id if survey else None,
        kind=answer.kind,
        score=score,
        against_expectation=against_expectation(score, expectations),
        expectations=expectations,
        comment=answer.comment,
        answered_at=believed_time(answer.answered_at or answer.envelope.time, now),
        created_at=now,
        updated_at=now,
    )
