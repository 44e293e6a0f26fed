"""What a lead is worth."""
