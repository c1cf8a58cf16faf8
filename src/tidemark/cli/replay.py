"""`tidemark replay`."""


def command() -> None:
    """Replay."""
