"""What may be set: one section a struct, with defaults, bounds and what each value means."""
