"""One thing that must hold, how much of it was looked at, and where it does not hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Check:
    name: str
    counted: int
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, counted: int, faults: Iterable[str | None]) -> "Check":
        """`faults` may hold None for what is well."""
        return cls(name, counted, [fault for fault in faults if fault is not None])

    @property
    def holds(self) -> bool:
        """Nothing looked at is nothing shown."""
        return not self.faults and self.counted > 0
