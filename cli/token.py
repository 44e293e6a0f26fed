"""`dealwire token`: someone to be, on the local stack."""

from typing import Annotated

import typer

from cli.output import AsJson, print_json
from deploy.local.state import this_stack
from deploy.local.tokens import Bearer, sign_token
from shared.principal import ROLES


def token(
    role: Annotated[list[str], typer.Option(help=f"One of {', '.join(sorted(ROLES))}; may be repeated.")],
    subject: Annotated[str, typer.Option(help="Who it is: a rep's id, for a rep.")] = "developer",
    team: Annotated[list[str] | None, typer.Option(help="A team whose records it may see, * for all; may be repeated.")] = None,
    email: Annotated[str, typer.Option(help="Their address.")] = "",
    hours: Annotated[float, typer.Option(min=0.01, help="How long it lasts.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Print a token that the services of the local stack believe. For development: it is signed with the stack's own key.

    curl -H "Authorization: Bearer $(dealwire token --role rep --subject ana)" http://127.0.0.1:8101/leads
    """
    unknown = set(role) - ROLES
    if unknown:
        raise typer.BadParameter(f"no such role: {', '.join(sorted(unknown))}; there are {', '.join(sorted(ROLES))}")
    signed = sign_token(this_stack(), Bearer(subject, role, team or [], email=email), seconds=int(hours * 3600))
    if as_json:
        print_json({"token": signed, "subject": subject, "roles": role, "teams": team or [], "hours": hours})
    else:
        typer.echo(signed)
