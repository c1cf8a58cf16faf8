"""What came in and what became of it: messages, candles, gaps, books, freshness, and the exchange's second opinion."""

from tidemark.api.metrics.exposition import Exposition, labels
from tidemark.live.assembly import Parts
from tidemark.live.rounds import failures
from tidemark.market.freshness import CHANNELS, State
from tidemark.market.gaps import Gaps
from tidemark.model.book import BookBreak
from tidemark.units import SECOND


class Rising:
    """A counter made of a sum that forgets the share of whoever leaves: only what was added counts."""

    def __init__(self) -> None:
        self._seen = 0
        self._total = 0

    def follow(self, value: int) -> int:
        """The counter, now that the sum is *value*."""
        self._total += max(0, value - self._seen)
        self._seen = value
        return self._total


def tell_intake(to: Exposition, parts: Parts) -> None:
    """Messages, and what was in them."""
    intake, counters = parts.intake, parts.engine.counters
    to.gauge("tidemark_markets", "Markets that are watched.", len(parts.engine.universe.slots))
    to.counter("tidemark_messages_total", "Messages of the exchange.", intake.frames)
    to.counter("tidemark_decode_errors_total", "Messages that could not be used.", intake.rejected)
    to.counter(
        "tidemark_decode_fallbacks_total",
        "Messages that were not written as usual, and read the long way.",
        intake.fallbacks,
    )
    to.counter("tidemark_trades_total", "Trades that were taken.", counters.trades)
    to.counter("tidemark_trades_duplicate_total", "Trades that had come before.", counters.duplicates)
    to.counter("tidemark_tickers_total", "Tickers that were taken.", counters.tickers)
    to.counter("tidemark_candles_closed_total", "Candles that closed, of all timeframes.", counters.candles)
    skew_ns = parts.engine.candles.time.skew_ns
    to.gauge(
        "tidemark_clock_offset_seconds",
        "The exchange's clock minus ours; not told while it is not known.",
        skew_ns / SECOND if skew_ns is not None else None,
    )
    to.gauge("tidemark_store_failures", "Things that cannot be written to disk at the moment.", len(failures(parts)))


def tell_confirmed(to: Exposition, parts: Parts, compared: Rising, mismatched: Rising) -> None:
    """What came of comparing closed candles with the exchange's."""
    totals = parts.engine.candles.confirmed.totals()
    to.counter(
        "tidemark_candles_compared_total",
        "Closed candles that were held against the exchange's.",
        compared.follow(totals.checked),
    )
    to.counter(
        "tidemark_candles_mismatched_total", "Those that differed from it.", mismatched.follow(totals.mismatched)
    )


def tell_gaps(to: Exposition, gaps: Gaps) -> None:
    """What was not seen, and what was mended of it."""
    still_open, repaired, lost = dict.fromkeys(CHANNELS, 0), 0, 0
    for gap in gaps.gaps():
        if gap.gap_to is None:
            still_open[gap.channel] += 1
        else:
            repaired += gap.repaired
            lost += gap.lost
    counters = gaps.counters
    to.counter("tidemark_gaps_opened_total", "Gaps of a channel of a market that opened.", counters.opened)
    to.counter("tidemark_gaps_closed_total", "Gaps that ended.", counters.closed)
    to.gauges(
        "tidemark_gaps_open",
        "Gaps that have not ended, by channel.",
        [(labels(channel=channel), count) for channel, count in still_open.items()],
    )
    to.gauge("tidemark_gaps_unmended", "Gaps of trades that ended and still have candles to mend.", counters.unmended)
    to.gauge("tidemark_gaps_repaired_candles", "Candles that were mended, in the gaps that are remembered.", repaired)
    to.gauge("tidemark_gaps_lost_candles", "Candles that are not whole, in the gaps that are remembered.", lost)


def tell_freshness(to: Exposition, parts: Parts) -> None:
    """Markets by the state of each channel, and what was done about those that fell silent."""
    counted = parts.engine.freshness.counts().tolist()
    to.gauges(
        "tidemark_channel_markets",
        "Markets by how a channel of theirs stands: live, stale, gap, polled (by REST) or waiting.",
        [
            (labels(channel=channel, state=state.value), counted[at][number])
            for at, channel in enumerate(CHANNELS)
            if channel in parts.settings.venue.channels
            for number, state in enumerate(State)
        ],
    )
    to.gauge("tidemark_markets_polled", "Markets that REST stands in for.", parts.fallback.markets)
    to.counter("tidemark_topics_renewed_total", "Silent topics that were subscribed anew.", parts.watch.renewed)
    to.counter("tidemark_sockets_replaced_total", "Silent connections that were replaced.", parts.watch.replaced)


def tell_books(to: Exposition, parts: Parts) -> None:
    """How many order books can be trusted, and why others could not."""
    books, listed = parts.engine.books, len(parts.engine.universe.slots)
    breaks = books.counters.breaks if books is not None else {}
    to.gauge("tidemark_books_synced", "Order books in sync.", books.synced if books is not None else None)
    to.gauge(
        "tidemark_books_out_of_sync",
        "Order books out of sync, which have no reading.",
        listed - books.synced if books is not None else None,
    )
    to.counters(
        "tidemark_book_breaks_total",
        "How often a book lost its sync, by reason.",
        [(labels(reason=reason.name.lower()), breaks.get(reason, 0)) for reason in BookBreak if books is not None],
    )
