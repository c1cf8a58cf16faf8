"""Markets with planted schematics, and markets without: functions of a seed, of any length, in blocks of bars."""
