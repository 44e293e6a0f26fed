"""Who is the same person as whom."""
