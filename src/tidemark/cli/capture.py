"""`tidemark capture`."""


def command() -> None:
    """Capture."""
