"""Everything about where and how the services run."""

SERVICES = ("leads", "opportunities", "accounts", "notifications", "console")
