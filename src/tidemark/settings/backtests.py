"""What backtests may take that are begun over the API."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.sources import ByteCount
from tidemark.units import MIB


class Backtests(Struct, frozen=True, kw_only=True):
    """Backtests that are begun over the API, each in a process of its own."""

    enabled: Annotated[bool, Meta(description="Whether backtests can be begun over the API")] = True
    strategies: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="Folder of the strategies that can be run; none stands for strategies in store.folder"),
    ] = None
    data: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(
            description="Folder of candles: each file or folder in it is a data set; none stands for candles in"
            " store.folder"
        ),
    ] = None
    memory: Annotated[
        ByteCount, Meta(ge=192 * MIB, description="What the process of a run may take; one that needs more fails")
    ] = 512 * MIB
    queue: Annotated[int, Meta(ge=1, le=100, description="Runs that may wait while another one is under way")] = 8

    def strategies_in(self, store: Path) -> Path:
        """Where strategies lie, beside what is kept in *store*."""
        return store / "strategies" if self.strategies is None else Path(self.strategies).expanduser()

    def data_in(self, store: Path) -> Path:
        """Where candles lie, beside what is kept in *store*."""
        return store / "candles" if self.data is None else Path(self.data).expanduser()
