"""What others know of a lead."""
