"""A customer says how content they are, and that is compared with what they were led to expect."""

from services.accounts import store
from services.accounts.models import Account, AccountContact, RecordedExpectation, Satisfaction, Survey
from services.accounts.rules import satisfaction as rules
from services.accounts.rules.health import is_worse, with_answer
from services.accounts.service.changes import note_change
from shared.database import Record
from shared.errors import Refused
from shared.events import SurveyAnswered
from shared.transaction import Transaction


async def submit_answer(tx: Transaction, answer: SurveyAnswered) -> SurveyAnswered:
    """The HTTP door: refuses what can be seen to be wrong at once, and says the rest to all, like any other system."""
    accounts = await store.find(tx, Account, [answer.account_id])
    surveys = await store.find(tx, Survey, [answer.survey_id])
    rules.refuse_unusable(answer, accounts.get(answer.account_id), surveys.get(answer.survey_id or ""), now=tx.now)
    tx.emit(answer)
    return answer


async def record_answers(tx: Transaction, answers: list[SurveyAnswered]) -> None:
    accounts = await store.find(tx, Account, (answer.account_id for answer in answers))
    surveys = await store.find(tx, Survey, (answer.survey_id for answer in answers))
    expected = await store.find_expectations_of(tx, accounts)
    recorded = await store.find(tx, Satisfaction, map(rules.answer_id_of, answers))
    asked = await store.find(tx, AccountContact, (survey.contact_id for survey in surveys.values()))
    changed: list[Record] = []
    for answer in answers:
        account, survey = accounts.get(answer.account_id), surveys.get(answer.survey_id or "")
        try:
            known = rules.refuse_unusable(answer, account, survey, now=tx.now)
        except Refused as refusal:
            tx.refuse(answer, refusal)
            continue
        if rules.is_repeated(answer, survey) or rules.answer_id_of(answer) in recorded:
            continue
        satisfaction = _record_answer(tx, rules.unless_erased(answer, survey, asked), survey, expected.get(known.id, []))
        recorded[satisfaction.id] = satisfaction
        accounts[known.id] = _weigh_answer(tx, known, satisfaction, answer)
        changed += [satisfaction, accounts[known.id]]
        if survey:
            surveys[survey.id] = _close_survey(tx, survey, answer)
            changed.append(surveys[survey.id])
    await store.save(tx, *changed)


def _record_answer(tx: Transaction, answer: SurveyAnswered, survey: Survey | None, expectations: list[RecordedExpectation]) -> Satisfaction:
    asked_about = rules.expectations_asked_about(expectations, survey)
    satisfaction = rules.measured(answer, survey, asked_about, tx.now)
    note_change(tx, "recorded", satisfaction)
    return satisfaction


def _weigh_answer(tx: Transaction, account: Account, satisfaction: Satisfaction, answer: SurveyAnswered) -> Account:
    after = with_answer(account, satisfaction, tx.now)
    tx.emit(satisfaction.recorded_event(after), cause=answer)
    if is_worse(account, after):
        tx.emit(after.at_risk_event(), cause=answer)
    note_change(tx, "satisfaction_recorded", after, account, why=f"{satisfaction.kind} {satisfaction.score} of 100")
    return after


def _close_survey(tx: Transaction, survey: Survey, answer: SurveyAnswered) -> Survey:
    after = survey.after(tx.now, status="answered", score=answer.score)
    note_change(tx, "answered", after, survey)
    return after
