"""What the rules of signals said, how many trades are followed, and whether all of it is written down."""

from tidemark.api.metrics.exposition import Exposition, labels
from tidemark.live.assembly import Parts
from tidemark.signals.rules import registry

RECORDS = ("signal", "transition", "outcome", "random")


def tell_signals(to: Exposition, parts: Parts) -> None:
    """By rule and kind of record; nothing where nothing is signalled."""
    kept, signals = parts.signal_log, parts.engine.signals
    followed = signals.following.followed if signals is not None else None
    # A counter that begins at 1 has not risen: all that there may be are there before.
    to.counters(
        "tidemark_signal_records_total",
        "What was signalled, became of signals and came of them, by rule; random: of the random entries against them.",
        [
            (labels(rule=rule, record=record), kept.told.get((rule, record), 0))
            for rule in registry.names()
            for record in RECORDS
            if kept is not None
        ],
    )
    to.gauge(
        "tidemark_signals_followed",
        "Trades and random entries that are followed.",
        followed.usage().used if followed is not None else None,
    )
    to.gauge(
        "tidemark_signals_followed_capacity", "How many may be.", followed.capacity if followed is not None else None
    )
    to.gauge(
        "tidemark_signals_open",
        "Trades that are pending or active; random entries are not among them.",
        followed.open_trades if followed is not None else None,
    )
    to.counter(
        "tidemark_signals_crowded_total",
        "Trades that found no place to be followed.",
        followed.rejected if followed is not None else None,
    )
    to.gauge(
        "tidemark_signal_log_waiting_bytes",
        "What waits for the disk to take it.",
        kept.usage().used if kept is not None else None,
    )
    to.counter(
        "tidemark_signal_log_lost_total",
        "Records that were never written down.",
        kept.lost if kept is not None else None,
    )
