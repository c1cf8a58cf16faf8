from typing import Any

import msgspec
import pytest

from tidemark.engine.size import EngineCounters, EngineSize
from tidemark.engine.step import Engine
from tidemark.market.freshness import Limits
from tidemark.model.book import BookRules
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

SMALL = EngineSize(
    series=4,
    retention={Timeframe.M1: 10},
    tape_rows=10,
    is_numbered=True,
    batch_trades=64,
    grace_ns=0,
    book_depth=5,
    book_rules=BookRules(resyncs_by_rest=True),
)


def reserved(**changes: Any) -> int:
    return sum(one.bytes for one in Engine.reserve(msgspec.structs.replace(SMALL, **changes)))


@pytest.mark.parametrize(
    "more",
    [
        {"series": 8},
        {"retention": {Timeframe.M1: 20}},
        {"retention": {Timeframe.M1: 10, Timeframe.M5: 10}},
        {"tape_rows": 20},
        {"is_numbered": False},
        {"batch_trades": 128},
        {"book_depth": 50},
        {"liquidations": 200},
    ],
)
def test_what_asks_for_more_takes_more(more: dict[str, Any]) -> None:
    assert reserved(**more) > reserved()


@pytest.mark.parametrize(
    "other",
    [{"grace_ns": SECOND}, {"freshness": Limits(floor_ns=1, factor=2.0, startup_ns=3)}, {"opens_at_close": True}],
)
def test_what_only_says_how_takes_nothing(other: dict[str, Any]) -> None:
    assert reserved(**other) == reserved()


@pytest.mark.parametrize("without", [{"book_depth": 0}, {"book_rules": None}])
def test_without_depth_or_rules_there_are_no_books(without: dict[str, Any]) -> None:
    owners = {one.owner for one in Engine.reserve(msgspec.structs.replace(SMALL, **without))}

    assert not any(owner.startswith("books") for owner in owners)
    assert reserved(**without) < reserved()


def test_neither_size_nor_counters_change_once_they_are_made() -> None:
    counters = EngineCounters(trades=1, duplicates=2, tickers=3, unused=4, candles=5, gaps=6)

    assert counters.derivatives == 0
    with pytest.raises(AttributeError):
        SMALL.series = 5  # type: ignore[misc]
    with pytest.raises(AttributeError):
        counters.trades = 5  # type: ignore[misc]
