"""What a process of its own reads out of the database, for whoever asks for the past."""
