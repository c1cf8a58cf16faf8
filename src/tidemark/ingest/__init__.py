"""The market comes in: connections, REST, and one folder a venue."""
