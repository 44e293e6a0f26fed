"""From what somebody sends to a lead."""
