"""What several sections are made of."""

from typing import Annotated, Literal

from msgspec import Meta

from tidemark.errors import SettingsError

Rows = Annotated[int, Meta(ge=1, le=100_000)]
Symbol = Annotated[str, Meta(min_length=1, max_length=40)]
TimeframeName = Literal["10s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"]


def refuse_repeated(key: str, entries: tuple[str, ...]) -> None:
    """SettingsError where an entry of *key* stands there twice."""
    repeated = sorted({entry for entry in entries if entries.count(entry) > 1})
    if repeated:
        raise SettingsError(f"{key} names {', '.join(repeated)} more than once")
