"""What the process may take, and what it logs."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tidemark.errors import SettingsError
from tidemark.settings.base import TimeframeName, refuse_repeated
from tidemark.sources import ByteCount, Seconds
from tidemark.units import MIB, format_bytes


class Memory(Struct, frozen=True, kw_only=True):
    """What the process may take."""

    budget: Annotated[ByteCount, Meta(ge=32 * MIB, description="Memory of the whole process")] = 384 * MIB
    transient: Annotated[
        ByteCount, Meta(ge=MIB, description="Share of it for work that comes and goes; more is refused, retryably")
    ] = 32 * MIB
    reserve_share: Annotated[float, Meta(ge=0.0, le=0.5, description="Fraction of the budget that the plan leaves")] = (
        0.05
    )
    maintenance_every: Annotated[Seconds, Meta(ge=1.0, le=86400.0, description="Between two checks of every limit")] = (
        600.0
    )
    sacrifice: Annotated[
        tuple[TimeframeName, ...], Meta(description="Timeframes given up, in this order, when the plan does not fit")
    ] = ("30m", "15m", "4h", "1d", "5m", "1h")

    def __post_init__(self) -> None:
        if self.transient >= self.budget:
            raise SettingsError(
                f"memory.transient is {format_bytes(self.transient)} and memory.budget {format_bytes(self.budget)}:"
                " the share has to be smaller than the whole"
            )
        refuse_repeated("memory.sacrifice", self.sacrifice)


class Log(Struct, frozen=True, kw_only=True):
    """What is logged, and how."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged")] = (
        "info"
    )
    format: Annotated[
        Literal["auto", "console", "json"], Meta(description="auto: for people on a terminal, JSON lines elsewhere")
    ] = "auto"
