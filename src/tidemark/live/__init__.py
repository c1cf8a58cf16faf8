"""The driver of the engine from sockets: wiring, supervisor, health, terminal view."""
