"""What drives and judges the whole thing: the audit of a process."""
