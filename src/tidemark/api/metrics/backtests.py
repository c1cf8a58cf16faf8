"""Backtests that are begun over the API: their process, who waits, and how they ended."""

from tidemark.api.metrics.exposition import Exposition, labels
from tidemark.live.backtesting import Backtesting

_STATES = ("done", "failed", "interrupted", "cancelled")


def tell_backtests(to: Exposition, backtesting: Backtesting | None) -> None:
    """The process and its runs; nothing where there are no backtests."""
    resident = waiting = begun = None
    ended: list[tuple[str, int]] = []
    if backtesting is not None:
        resident, waiting, begun = backtesting.resident, backtesting.waiting, backtesting.begun
        ended = [(labels(state=state), backtesting.ended.get(state, 0)) for state in _STATES]
    to.gauge("tidemark_backtest_process_bytes", "Memory of the process of a backtest, 0 while none runs.", resident)
    to.gauge("tidemark_backtests_waiting", "Backtests that wait.", waiting)
    to.counter("tidemark_backtests_begun_total", "Backtests begun.", begun)
    to.counters("tidemark_backtests_ended_total", "Backtests that ended, by what they ended as.", ended)
