"""The independent checker: reads topics and collections with the bare drivers, and believes nothing that a service says of itself."""

from tests.soak.checker.check import Check
from tests.soak.checker.effects import CHECKS as EFFECTS
from tests.soak.checker.events import CHECKS as EVENTS
from tests.soak.checker.evidence import Evidence, gathered
from tests.soak.checker.fates import CHECKS as FATES
from tests.soak.checker.rest import CHECKS as REST


def checked(evidence: Evidence) -> list[Check]:
    return [check(evidence) for check in (*FATES, *EVENTS, *EFFECTS, *REST)]


__all__ = ["Check", "Evidence", "checked", "gathered"]
