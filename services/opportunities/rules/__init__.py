"""Pure decisions about opportunities: no await, no I/O, no clock."""
