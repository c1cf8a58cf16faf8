"""How patient the monitor is with the exchange, and how it catches up."""

from typing import Annotated

from msgspec import Meta, Struct

from tidemark.sources import Seconds


class Connection(Struct, frozen=True, kw_only=True):
    """How patient we are with a connection."""

    silence_timeout: Annotated[
        Seconds, Meta(ge=1.0, le=600.0, description="A connection that says nothing for so long is opened again")
    ] = 30.0
    reconnect_ceiling: Annotated[
        Seconds, Meta(ge=1.0, le=600.0, description="Longest pause between two attempts to connect")
    ] = 30.0
    alarm_after: Annotated[int, Meta(ge=1, le=1000, description="Failed attempts in a row that raise an alarm")] = 5


class Freshness(Struct, frozen=True, kw_only=True):
    """When a feed that says nothing is taken for dead, and what stands in for it."""

    floor: Annotated[Seconds, Meta(ge=1.0, le=600.0, description="A channel is stale after this at the soonest")] = 10.0
    factor: Annotated[
        float, Meta(ge=2.0, le=100.0, description="Or after so many of its own mean gaps, where that is longer")
    ] = 5.0
    startup: Annotated[
        Seconds, Meta(ge=1.0, le=3600.0, description="For this long a channel that has just begun is not judged")
    ] = 60.0
    poll_after: Annotated[
        Seconds, Meta(ge=1.0, le=3600.0, description="A stream that is down for so long is replaced by REST polling")
    ] = 5.0


class Backfill(Struct, frozen=True, kw_only=True):
    """Candles that were missed, fetched from the exchange."""

    enabled: Annotated[
        bool, Meta(description="Whether missing candles are fetched at the start and for new markets")
    ] = True
    concurrency: Annotated[int, Meta(ge=1, le=8, description="Requests at a time")] = 4


class Reconcile(Struct, frozen=True, kw_only=True):
    """How our candles are held against the exchange's own."""

    every: Annotated[
        Seconds,
        Meta(
            ge=0.0,
            le=86400.0,
            description="Each market's closed candles are compared with the exchange's this often; 0: never",
        ),
    ] = 300.0
