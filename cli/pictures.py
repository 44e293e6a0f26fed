"""What the stack's commands show a person: a summary, addresses, a status."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploy.local.samples import Summary
from deploy.local.status import ServiceStatus, StackStatus


def of_summary(summary: Summary) -> RenderableType:
    """What became of the sample leads."""
    sent = f"in {summary.seconds:.1f} s" if summary.seconds else "sent by an earlier `up`; nothing was sent twice"
    title = Text(f"{summary.submitted} sample leads, {sent}", "bold")
    table = _grid()
    for status, count in summary.fates.items():
        table.add_row(str(count), status, "")
    for reason, count in summary.refusals.items():
        table.add_row("", f"{count} because", reason)
    for status, count in summary.leads.items():
        table.add_row(str(count), f"leads {status}", "")
    for rep, count in summary.assigned.items():
        table.add_row("", f"{count} assigned to", rep)
    return Group("", title, table)


def of_addresses(addresses: Mapping[str, str], passwords: Mapping[str, str]) -> RenderableType:
    """Where everything is, and how to sign in."""
    table = _grid()
    for name, address in addresses.items():
        table.add_row("", name, address)
    for email, password in passwords.items():
        table.add_row("", "sign in as", f"{email}   password {password}")
    return Group("", Text("Where it is", "bold"), table, "")


def of_status(found: StackStatus) -> RenderableType:
    servers = Table("server", "", "address", "pid", "memory", title=f"Servers ({found.way})", title_justify="left")
    for server in found.servers:
        servers.add_row(server.name, _mark(server.up), server.address, str(server.pid or ""), _megabytes(server.memory_mb))
    return Group(servers, _services(found.services), _lag(found))


def _services(services: list[ServiceStatus]) -> Table:
    table = Table(
        "service",
        "",
        "port",
        "roles",
        "version",
        "memory",
        "outbox",
        "oldest",
        "parked",
        "not well",
        title="Services",
        title_justify="left",
    )
    for service in services:
        health, process = service.health, service.process
        outbox = health.get("outbox", {})
        row = [
            process.address.rpartition(":")[2],
            ", ".join(health.get("roles", ())),
            str(health.get("version", "")),
            _megabytes(process.memory_mb),
        ]
        age = outbox.get("oldest_seconds")
        numbers = [str(outbox.get("backlog", "")), "" if age is None else f"{age:.1f} s", str(health.get("parked", ""))]
        table.add_row(process.name, _mark(service.ready), *row, *numbers, ", ".join(service.failing))
    return table


def _lag(found: StackStatus) -> RenderableType:
    if not found.lag:
        return Text("No consumer has handled anything yet.")
    behind = [lag for lag in found.lag if lag.behind]
    if not behind:
        return Text(f"All {len(found.lag)} subscriptions have handled everything.")
    table = Table("group", "topic", "behind", title="Consumers that are behind", title_justify="left")
    for lag in behind:
        table.add_row(lag.group, lag.topic, str(lag.behind))
    return table


def _grid() -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(overflow="fold")
    return table


def _mark(well: bool) -> Text:
    return Text("up", "green") if well else Text("down", "red")


def _megabytes(amount: int | None) -> str:
    return "" if amount is None else f"{amount} MB"
