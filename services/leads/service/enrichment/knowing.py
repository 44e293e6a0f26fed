"""The ways to ask a provider: over HTTP, and in a file of one's own. Each takes a question and brings an answer, or says why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, Protocol

from services.leads import store
from services.leads.models import Provider
from services.leads.rules.enrichment.answers import Answer, answer_of, read_answer
from services.leads.rules.enrichment.companies import most_similar, telling_stems
from services.leads.rules.enrichment.questions import Question, in_body, in_header, in_url
from shared.database import Database
from shared.errors import Invalid, Unreachable
from shared.outbound import Call, Outbound, Reply
from shared.sealing import Sealer

_NOBODY = frozenset({204, 404, 410})
_LATER = frozenset({408, 425, 429})
# What is wrong with one question says nothing about the provider; a key that it does not take does.
_WRONG_QUESTION = frozenset({400, 406, 409, 412, 413, 414, 415, 422})


class Away(Unreachable):
    """It did not answer, or asks to be asked later: `after` so many seconds, if it says so."""

    def __init__(self, detail: str, after: float = 0.0) -> None:
        super().__init__(detail)
        self.after = after


class Unusable(Exception):
    """It answered with something that is of no use, and would again. `general` if so it would with any question."""

    def __init__(self, detail: str, *, general: bool = True) -> None:
        super().__init__(detail)
        self.general = general


@dataclass(frozen=True, slots=True)
class Told:
    answer: Answer
    charged: bool = True


class Knower(Protocol):
    """The whole interface of a provider. Raises Away or Unusable."""

    async def ask(self, question: Question) -> Told: ...


class HttpKnower:
    def __init__(self, outbound: Outbound, sealer: Sealer) -> None:
        self._outbound, self._sealer = outbound, sealer

    async def ask(self, question: Question) -> Told:
        """A secret that can't be opened for want of its key is as if the provider were away: an operator will set the key."""
        provider = question.provider
        try:
            reply = await self._outbound.send(self._call(question), seconds=provider.timeout_seconds)
        except Unreachable as error:
            raise Away(str(error)) from error
        except Invalid as refusal:
            raise Unusable(refusal.detail) from refusal
        return _told(provider, reply)

    def _call(self, question: Question) -> Call:
        provider, request = question.provider, question.provider.request
        assert request is not None
        values = {**question.values, **{f"secret.{name}": self._sealer.open(value) for name, value in provider.sealed.items()}}
        headers = {name: in_header(text, values) for name, text in request.headers.items()}
        body = in_body(request.body, values).encode() if request.body is not None else None
        if body is not None:
            headers = {"content-type": "application/json", **headers}
        return Call(request.method, in_url(request.url, values), headers, body)


def _told(provider: Provider, reply: Reply) -> Told:
    if reply.status in _NOBODY:
        return Told(Answer(known=False), charged=False)
    if reply.status >= 500 or reply.status in _LATER:
        raise Away(f"it answered {reply.status}", reply.retry_after or 0.0)
    if reply.status >= 300:
        raise Unusable(f"it answered {reply.status}", general=reply.status not in _WRONG_QUESTION)
    try:
        return Told(read_answer(provider, reply.body))
    except ValueError as error:
        raise Unusable("the answer is no JSON" if isinstance(error, JSONDecodeError | UnicodeDecodeError) else str(error)) from error


class FileKnower:
    """Looks into the rows of a company file: by domain, then by a name that is nearly the same."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def ask(self, question: Question) -> Told:
        provider = question.provider
        if provider.file is None:
            raise Unusable("it has no file yet")
        found = await self._find(provider, provider.file.id, question.values)
        if found is None:
            return Told(Answer(known=False), charged=False)
        row, sure = found
        cells = dict(zip(provider.file.columns, row["cells"], strict=True))
        return Told(answer_of(provider.fields, {rule.field: cells.get(rule.path) for rule in provider.fields}, confidence=sure))

    async def _find(self, provider: Provider, file_id: str, wanted: Mapping[str, str]) -> tuple[Mapping[str, Any], float] | None:
        row = await store.find_company(self._db, file_id, wanted["domain"]) if wanted["domain"] else None
        if row is not None:
            return row, 1.0
        if not wanted["name"]:
            return None
        rows = await store.find_companies_like(self._db, file_id, telling_stems(wanted["name"]))
        similar = most_similar(wanted, rows, provider.name_similarity)
        return (await store.get_company(self._db, similar[0]["_id"]), similar[1]) if similar else None
