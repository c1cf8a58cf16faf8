import json

import msgspec

from tidemark.live.summary import Summary
from tidemark.units import MIB


def test_a_run_is_told_in_one_line() -> None:
    summary = Summary(
        venue="bybit", markets=560, seconds=20.04, messages=40_000, trades=70_000, candles=1_120, gaps=1,
        decode_errors=2, rss=99 * MIB, peak_rss=100 * MIB, budget=256 * MIB,
    )  # fmt: skip

    assert str(summary) == (
        "bybit, 20.0 s: 560 markets, 40,000 messages, 70,000 trades, 1,120 candles, 1 gaps, 2 decode errors,"
        " peak RSS 100.0 MB of 256.0 MB"
    )


def test_machines_get_every_figure() -> None:
    told = json.loads(msgspec.json.encode(Summary(venue="bybit", rss=1, peak_rss=2, budget=3)))

    assert set(told) == set(Summary.__struct_fields__)
    assert (told["trades"], told["captured"], told["peak_rss"]) == (0, None, 2)
