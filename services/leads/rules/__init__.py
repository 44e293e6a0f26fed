"""What the leads service decides: pure, told why, without I/O or clock."""
