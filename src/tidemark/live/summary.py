"""How a run went: one line for people, one object for machines."""

import msgspec

from tidemark.units import format_bytes


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A run from its start to its end. Memory in bytes; `cpu_s` is the CPU time of this process.

    Of `compared` closed candles `mismatched` differed from the exchange's, whose figures they have now. `book_breaks`:
    how often an order book lost its sync; `fallbacks`: frames that the fast scanner left to the decoder. `restored`
    candles came from the journal. `lag_p99_ms` is how late the loop was but for one time in a hundred, None where it
    never ran. `sacrifices` counts what was given up for memory, `given_up` is what still is. `captured` says what was
    recorded, None without a capture.
    """

    venue: str
    markets: int = 0
    seconds: float = 0.0
    messages: int = 0
    trades: int = 0
    duplicates: int = 0
    candles: int = 0
    revised: int = 0
    gaps: int = 0
    reconnects: int = 0
    decode_errors: int = 0
    compared: int = 0
    mismatched: int = 0
    book_breaks: int = 0
    fallbacks: int = 0
    restored: int = 0
    cpu_s: float = 0.0
    lag_p99_ms: float | None = None
    rss: int
    peak_rss: int
    budget: int
    sacrifices: int = 0
    given_up: tuple[str, ...] = ()
    captured: str | None = None

    def __str__(self) -> str:
        return (
            f"{self.venue}, {self.seconds:.1f} s: {self.markets:,} markets, {self.messages:,} messages,"
            f" {self.trades:,} trades, {self.candles:,} candles, {self.gaps:,} gaps, {self.decode_errors:,} decode"
            f" errors, peak RSS {format_bytes(self.peak_rss)} of {format_bytes(self.budget)}"
        )
