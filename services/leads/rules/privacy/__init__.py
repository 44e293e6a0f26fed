"""Who may see what, and for how long."""
