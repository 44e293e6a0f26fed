"""What is decided without asking anybody: whose deal this is, how far an order is, whether an expectation was met."""
