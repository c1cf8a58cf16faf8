"""What is evidence for a direction, and what makes evidence stronger or weaker: one file each, a folder a component."""
