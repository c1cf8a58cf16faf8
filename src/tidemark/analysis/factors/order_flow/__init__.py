"""Who is the aggressor, and how much of it the price takes."""
