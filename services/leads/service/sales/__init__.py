"""What people do with leads."""
