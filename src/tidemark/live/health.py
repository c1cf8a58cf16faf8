"""The figures of a running process: how much comes in, how late we are, what it takes."""

import msgspec


class Figures(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One look at the process.

    Rates are over the last interval; `loop_lag_ms` is its worst; `cpu` is a fraction of one core. `slope_mb_h` is the
    growth of anonymous memory since the warm-up in MB an hour, None while there are too few samples.
    """

    at_ns: int
    uptime_s: float
    messages_per_s: float
    trades_per_s: float
    messages: int
    trades: int
    candles: int
    gaps: int
    decode_errors: int
    loop_lag_ms: float
    cpu: float
    rss: int
    peak_rss: int
    budget: int
    slope_mb_h: float | None
    offset_ms: float
