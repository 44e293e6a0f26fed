"""`dealwire erase`: a person is forgotten, everywhere."""

from typing import Annotated, Any

import typer
from rich.table import Table

from cli.client import ServiceDoor
from cli.output import AsJson, print_json, results


def erase(
    reason: Annotated[str, typer.Option(help="Why; it is kept, so it must not name the person.")],
    email: Annotated[str | None, typer.Option(help="Who, by an e-mail address")] = None,
    phone: Annotated[str | None, typer.Option(help="or by a phone number with its country")] = None,
    lead: Annotated[str | None, typer.Option(help="or by the id of a lead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Forget a person in every service, and show the certificate of what was erased. Once more changes nothing."""
    named = {"email": email, "phone": phone, "lead_id": lead}
    with ServiceDoor("leads", roles=["privacy"]) as leads:
        certificate = leads.post("/erasures", {name: value for name, value in named.items() if value is not None} | {"reason": reason})
    if as_json:
        return print_json(certificate)
    results.print(_table(certificate))
    results.print(f"Erased at {certificate['erased_at']}; all others are told by {certificate['announced']}.", highlight=False)


def _table(certificate: dict[str, Any]) -> Table:
    table = Table(title=f"Certificate {certificate['id']}")
    table.add_column("collection")
    table.add_column("wiped", justify="right")
    for collection, count in sorted(certificate["erased"].items()):
        table.add_row(collection, str(count))
    return table
