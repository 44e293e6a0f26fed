"""What can go wrong with a stack of servers and processes, each said with its cure."""

from shared.errors import DealwireError


class StackProblem(DealwireError):
    """One sentence says what is wrong, the next what to do about it."""

    exit_code = 1

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(f"{what} {cure}".strip())
        self.what = what
        self.cure = cure


class ServersAway(StackProblem):
    """MongoDB, Kafka or a service does not answer."""

    exit_code = 3
