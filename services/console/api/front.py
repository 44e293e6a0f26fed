"""What the pages of one process share: the way to the other services, who may sign in, who watches."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request

from services.console.api.broadcasting import Broadcaster
from services.console.api.gateway import Gateway
from services.console.api.people import Attempts, People
from services.console.api.tokens import TokenSigner
from shared.web import WebContext


@dataclass(frozen=True, slots=True)
class Front:
    """`mailbox` is the folder of the local stack's mails; None where mail is delivered for real."""

    gateway: Gateway
    broadcaster: Broadcaster
    people: People
    attempts: Attempts
    signer: TokenSigner
    port: int
    mailbox: Path | None

    @classmethod
    def of(cls, context: WebContext) -> "Front":
        settings = context.settings
        return cls(
            gateway=Gateway(settings.services),
            broadcaster=Broadcaster(context.db),
            people=People(settings.console_users),
            attempts=Attempts(),
            signer=TokenSigner(settings.signing_key, issuer=settings.issuer, audience=settings.audience),
            port=settings.port,
            mailbox=settings.mailbox,
        )


def open_front(app: FastAPI, context: WebContext) -> None:
    app.state.front = Front.of(context)


def front_of(request: Request) -> Front:
    front: Front = request.app.state.front
    return front
