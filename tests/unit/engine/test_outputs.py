from typing import get_args

from tests.build import MIDNIGHT, engine, instrument, step

from tidemark.engine.outputs import BookTurned, GapNoted, Output, Relisted, Scored, Signalled
from tidemark.market.closed import Closed, Mismatched, Revised
from tidemark.market.freshness import Fresh, Stale
from tidemark.model.events import Listing


def test_an_output_is_one_of_these_kinds() -> None:
    assert set(get_args(Output)) == {
        Closed,
        Revised,
        Mismatched,
        Relisted,
        BookTurned,
        GapNoted,
        Stale,
        Fresh,
        Scored,
        Signalled,
    }


def test_a_changed_tick_is_announced_with_both_sizes() -> None:
    made = engine(["AUSDT", "BTCUSDT"])

    outputs = step(made, Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument(tick_size=0.5)))

    assert outputs == [Relisted(symbol="BTCUSDT", slot=1, old_tick_size=0.1, tick_size=0.5)]
