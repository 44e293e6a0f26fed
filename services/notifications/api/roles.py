"""Who may knock at which door."""

PEOPLE = ("rep", "agent", "manager", "admin")
KEEPERS = ("manager", "admin")
