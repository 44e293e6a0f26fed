"""Who is asking, and what of it they may see."""

from dataclasses import dataclass
from typing import Any

# `privacy` erases people and reads the audit, and nothing else.
ROLES = frozenset({"admin", "manager", "rep", "agent", "integration", "privacy"})
SOURCE_PREFIX = "source:"
EVERY_TEAM = "*"
_SEE_EVERYTHING = frozenset({"admin", "agent", "integration"})


@dataclass(frozen=True, slots=True)
class Principal:
    """A person with a token, or an outside source with an API key (its subject is `source:<slug>`)."""

    subject: str
    name: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    teams: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """As the history and the transaction name who acts."""
        return self.subject if self.subject.startswith(SOURCE_PREFIX) else f"user:{self.subject}"

    def record_scope(self) -> dict[str, Any]:
        """A MongoDB filter for the records that they may see: reps and managers see their own and their teams'."""
        if self.roles & _SEE_EVERYTHING or EVERY_TEAM in self.teams:
            return {}
        if not self.teams:
            return {"owner_id": self.subject}
        return {"$or": [{"owner_id": self.subject}, {"team_id": {"$in": list(self.teams)}}]}
