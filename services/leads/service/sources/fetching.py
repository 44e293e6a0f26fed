"""One page of a platform is fetched, outside of any transaction; or it is said why not."""

from dataclasses import dataclass
from datetime import datetime

from services.leads.models import Poll, PollState
from services.leads.rules.sources.polling import Page, body_of, read_page, request_of
from shared.database import utcnow
from shared.errors import Refused, Unreachable
from shared.outbound import Call, Outbound, Reply
from shared.sealing import Sealer

PAGE_BYTES = 4 * 1024 * 1024
# What says nothing about the place in the pages that we asked for.
_NOT_ABOUT_THE_PLACE = frozenset({401, 403, 408, 425, 429})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one call. `after` so many seconds it wants to be asked again; `lost` says that it does not know the place any more."""

    poll: Poll
    state: PollState
    asked_at: datetime
    page: Page | None = None
    problem: str = ""
    after: float = 0.0
    lost: bool = False


class Fetcher:
    def __init__(self, outbound: Outbound, sealer: Sealer) -> None:
        self._outbound, self._sealer = outbound, sealer

    async def fetch(self, poll: Poll, state: PollState) -> Fetched:
        asked_at = utcnow()
        try:
            secrets = {name: self._sealer.open(value) for name, value in poll.sealed.items()}
            url, headers = request_of(poll, state, secrets)
            body = body_of(poll, state)
            call = Call("GET", url, headers) if body is None else Call("POST", url, {"content-type": "application/json", **headers}, body)
            reply = await self._outbound.send(call, seconds=poll.timeout_seconds)
            if reply.status != 200:
                return _refused(Fetched(poll, state, asked_at), reply)
            return Fetched(poll, state, asked_at, read_page(poll, url, reply.body, secrets))
        except Unreachable as away:
            return Fetched(poll, state, asked_at, problem=str(away))
        except Refused as refusal:
            return Fetched(poll, state, asked_at, problem=refusal.detail)


def _refused(asked: Fetched, reply: Reply) -> Fetched:
    lost = 400 <= reply.status < 500 and reply.status not in _NOT_ABOUT_THE_PLACE and bool(asked.state.get("onward"))
    return Fetched(asked.poll, asked.state, asked.asked_at, None, f"it answered {reply.status}", reply.retry_after or 0.0, lost)
