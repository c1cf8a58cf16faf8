"""The driver of the engine from files: replay."""
