import numpy as np
from tests.build import MIDNIGHT, T, columns

from tidemark.analysis import feeds
from tidemark.market.freshness import Freshness, Limits
from tidemark.memory.ledger import Ledger
from tidemark.model.events import TickerUpdate
from tidemark.units import SECOND


def test_a_feed_is_live_unless_it_is_not_there_or_broken_off_or_has_fallen_silent() -> None:
    freshness = Freshness(series=4, limits=Limits(), ledger=Ledger())
    slots = np.arange(3, dtype=np.int32)
    for slot in slots.tolist():
        freshness.join(slot, MIDNIGHT)
    for channel in ("trades", "tickers"):
        freshness.mark_gap(channel, slots, MIDNIGHT + SECOND, is_open=False, is_whole=False)
    freshness.mark_gap("trades", slots[1:2], MIDNIGHT + 2 * SECOND, is_open=True, is_whole=False)
    # The tickers of the markets go on, and that of slot 2 tells of trades that nobody heard.
    freshness.hear_trades(columns([T(2.0, 100.0, slot=0), T(2.0, 100.0, slot=2)]))
    for n in range(2, 122):
        for slot in slots.tolist():
            ts = MIDNIGHT + n * SECOND
            last = 100.0 + n if slot == 2 else 100.0
            freshness.hear_ticker(slot, TickerUpdate(ts_event=ts, ts_recv=ts, symbol="X", last=last))
        freshness.advance(MIDNIGHT + n * SECOND)

    assert feeds.live(freshness, "trades", 4).tolist() == [True, False, False, False]
    assert feeds.live(freshness, "tickers", 4).tolist() == [True, True, True, False]
