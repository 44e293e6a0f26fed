"""What a month shows at its end."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table

from cli.demo.month import Outcome


def of_outcome(outcome: Outcome, console: str) -> RenderableType:
    table = Table(
        title=f"Month {outcome.month}, played in {outcome.seconds:.0f} s",
        title_justify="left",
        title_style="bold",
        show_header=False,
        box=None,
    )
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("came", _listed(outcome.came))
    table.add_row("leads", _listed(outcome.leads))
    table.add_row("sales", _listed(outcome.sales))
    table.add_row("won", ", ".join(f"{amount} {currency}" for currency, amount in outcome.won.items()))
    table.add_row("work", f"{outcome.effort_hours:.0f} hours, {outcome.proposals} proposals")
    table.add_row("promises", _listed(outcome.promises))
    table.add_row("customers", _listed(outcome.customers))
    return Group("", table, "", _where_to_look(console), "")


def _where_to_look(console: str) -> RenderableType:
    table = Table(title=f"Look at it: {console}", title_justify="left", title_style="bold", show_header=False, box=None)
    table.add_row("Leads", "who waits for an answer, and why they were judged as they were")
    table.add_row("Pipeline", "what is open, by stage; what was won and lost, and why")
    table.add_row("Customers", "open one: a single timeline over all services, from first interest to how content they are")
    table.add_row("Parked", "as admin: the message that named nobody; mend it, replay it")
    table.add_row("Mailbox", "as admin: the mails that went out")
    table.add_row("In two minutes", "a critical case becomes overdue and its customer a risk; pages show it by themselves")
    return table


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items())
