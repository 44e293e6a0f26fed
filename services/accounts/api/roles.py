"""Who may knock at which door."""

READERS = ("rep", "agent", "manager", "admin", "integration")
KEEPERS = ("rep", "agent", "manager", "admin")
SENDERS = ("integration", "agent", "manager", "admin")
