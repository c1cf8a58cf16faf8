"""`health`: how the process is, part by part, and its figures, once a second."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Clients, Reads


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the last second, as `Figures` has them, and how late the loop was since the start.

    loop_lag_p50_ms, loop_lag_p99_ms: but for one time in two, and in a hundred.
    """

    uptime_s: float
    messages_per_s: float
    trades_per_s: float
    messages: int
    trades: int
    candles: int
    gaps: int
    decode_errors: int
    loop_lag_ms: float
    loop_lag_p50_ms: float | None
    loop_lag_p99_ms: float | None
    cpu: float
    rss: int
    peak_rss: int
    budget: int
    slope_mb_h: float | None
    offset_ms: float | None
    stale: int
    polled: int
    books_out: int
    pressure: str
    given_up: tuple[str, ...]


class HealthSnapshot(Snapshot, frozen=True, kw_only=True):
    """figures: None in the first second. parts: as REST gives them."""

    figures: Vitals | None
    clients: Clients
    parts: Sequence[msgspec.Struct]


class HealthDelta(Delta, frozen=True, kw_only=True):
    """All of it again."""

    figures: Vitals | None
    clients: Clients
    parts: Sequence[msgspec.Struct]


class Kind:
    """See topics.base."""

    PATTERN = re.compile(r"health")
    PERIOD_MS = 1000
    MOST = 1
    IS_WHOLE = True
    CONFLATES = True

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        del figures
        self._reads = reads

    def open(self, names: Mapping[str, str]) -> "_Health":
        """See topics.base."""
        del names
        return _Health(self._reads)


class _Health:
    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        reads = self._reads
        return HealthDelta(
            topic=at.topic, seq=at.seq, ts=at.ts, figures=_vitals(reads), clients=reads.clients(), parts=reads.health()
        )

    def whole(self, at: Stamp) -> Snapshot:
        reads = self._reads
        return HealthSnapshot(
            topic=at.topic, seq=at.seq, ts=at.ts, figures=_vitals(reads), clients=reads.clients(), parts=reads.health()
        )


def _vitals(reads: Reads) -> Vitals | None:
    figures = reads.figures()
    if figures is None:
        return None
    told = {name: getattr(figures, name) for name in Vitals.__struct_fields__ if hasattr(figures, name)}
    return Vitals(**told, loop_lag_p50_ms=reads.lags.quantile(0.5), loop_lag_p99_ms=reads.lags.quantile(0.99))
