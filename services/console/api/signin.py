"""Signing in and out. A provider of identities (OpenID Connect) will stand beside the password here."""

import secrets
from hmac import compare_digest
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.console import store
from services.console.api.front import front_of
from services.console.api.people import Password, Person
from services.console.api.rendering import render
from services.console.api.session import Cookie
from services.console.api.tokens import SESSION_SECONDS
from shared.database import Database
from shared.errors import Forbidden, TooMany
from shared.web import OPEN

router = APIRouter(include_in_schema=False)
FORM_SECONDS = 3600
WRONG = "This e-mail address and this password don't belong together."


@router.get("/sign-in", openapi_extra=OPEN)
async def show_sign_in(request: Request, next: str = "/") -> Response:
    return _form(request, to=next)


@router.post("/sign-in", openapi_extra=OPEN)
async def sign_in(
    request: Request,
    email: Annotated[str, Form(max_length=300)],
    password: Annotated[Password, Form()],
    proof: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
) -> Response:
    _expect_our_form(request, proof)
    front, address = front_of(request), request.client.host if request.client else ""
    try:
        front.attempts.expect_few(address, email)
    except TooMany as too_many:
        return _form(request, to=next, email=email, wrong=too_many.detail, status=429)
    person = await front.people.recognise(email, password)
    if person is None:
        front.attempts.failed(address, email)
        return _form(request, to=next, email=email, wrong=WRONG, status=401)
    front.attempts.succeeded(address, email)
    return await _let_in(request, person, next)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    response = RedirectResponse("/sign-in", 303)
    Cookie.of(request, front_of(request).port).drop(response)
    return response


async def _let_in(request: Request, person: Person, to: str) -> Response:
    front, db = front_of(request), request.app.state.context.db
    subject, teams = await _known_as(db, person)
    token = front.signer.sign(subject, {"name": person.name, "email": person.email, "roles": person.roles, "teams": teams})
    response = RedirectResponse(_inside(to), 303)
    Cookie.of(request, front.port).put(response, token, SESSION_SECONDS)
    _form_cookie(request).drop(response)
    return response


async def _known_as(db: Database, person: Person) -> tuple[str, list[str]]:
    """A rep goes by the id, and belongs to the team, that the roster gives to their e-mail address."""
    rep = await store.find_rep_by_email(db, person.email)
    team = [rep["team_id"]] if rep and rep["team_id"] else []
    subject = person.subject or (rep["_id"] if rep else person.email)
    return subject, sorted({*person.teams, *team})


def _form(request: Request, *, to: str, email: str = "", wrong: str = "", status: int = 200) -> Response:
    """The form holds what a cookie holds too: only a page of ours can send both."""
    cookie = _form_cookie(request)
    proof = request.cookies.get(cookie.name) or secrets.token_urlsafe(24)
    is_local = front_of(request).mailbox is not None
    response = render("sign_in.html", status, proof=proof, to=_inside(to), email=email, wrong=wrong, is_local=is_local)
    cookie.put(response, proof, FORM_SECONDS)
    return response


def _form_cookie(request: Request) -> Cookie:
    cookie = Cookie.of(request, front_of(request).port)
    return Cookie(f"{cookie.name}_form", cookie.secure)


def _expect_our_form(request: Request, proof: str) -> None:
    kept = request.cookies.get(_form_cookie(request).name, "")
    if not kept or not compare_digest(kept.encode(), proof.encode()):
        raise Forbidden("The form was too old; load the page again", rule="csrf")


def _inside(to: str) -> str:
    """Only a path of our own is a place to go on to."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() else "/"
