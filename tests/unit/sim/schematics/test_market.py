"""A made-up market: bars that are bars, and labels that point at what they say."""

from itertools import islice

import numpy as np
import pytest

from tidemark.model.timeframe import Timeframe
from tidemark.sim.schematics.label import END, FAILED, PHASE, TEMPLATES, Label
from tidemark.sim.schematics.market import Block, Market, blocks, cut, tick_near
from tidemark.sim.schematics.parameters import REPORT, TUNE, Parameters

BARS = 12_000


def whole(parameters: Parameters, number: int = 0, bars: int = BARS) -> Block:
    return next(blocks(Market(parameters, 9, number).pieces(), bars, bars))


@pytest.fixture(scope="module", params=[(TUNE, 0), (TUNE, 3), (REPORT, 1), (REPORT, 4)], ids=lambda one: one[0].name)
def market(request: pytest.FixtureRequest) -> Block:
    return whole(*request.param)


def ranges(labels: list[Label]) -> dict[int, list[Label]]:
    rows: dict[int, list[Label]] = {}
    for label in labels:
        rows.setdefault(label.range_id, []).append(label)
    return rows


def test_bars_are_bars(market: Block) -> None:
    bars = market.bars

    assert len(bars.time) == BARS
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low > 0).all()
    assert (bars.volume > 0).all()
    assert (np.diff(bars.time) > 0).all()


def test_some_bars_are_missing_and_none_lies_between_two() -> None:
    market = Market(TUNE, 9, 0)
    time = whole(TUNE).bars.time

    distances = np.diff(time) // market.timeframe.ns
    assert (np.diff(time) % market.timeframe.ns == 0).all()
    assert 1 < distances.max() < 40
    assert (distances > 1).mean() < 0.01


def test_prices_lie_on_the_tick() -> None:
    block = whole(TUNE)
    ends = np.unique(np.round(np.concatenate([block.bars.low, block.bars.high]), 12))
    tick = np.diff(ends).min()

    assert np.abs(ends / tick - np.rint(ends / tick)).max() < 1e-4
    mean_range = (block.bars.high - block.bars.low).mean()
    assert mean_range > 4 * tick


def test_rows_of_a_range_come_in_order(market: Block) -> None:
    rows = ranges(market.labels)
    assert len(rows) > 20
    assert [label.at for label in market.labels] == sorted(label.at for label in market.labels)
    for number, labels in enumerate(rows.values(), 1):
        assert labels[0].range_id == number
        assert labels[0].event == PHASE
        assert {label.template for label in labels} == {labels[0].template}
        assert labels[0].template in TEMPLATES + FAILED
        assert labels[0].ice < labels[0].creek
        assert all(label.event != END for label in labels[:-1])
    assert all(labels[-1].event == END for labels in list(rows.values())[:-1])


def test_a_label_points_at_the_bar_of_its_level(market: Block) -> None:
    bars = market.bars
    checked = 0
    for label in market.labels:
        if label.event in (PHASE, END):
            continue
        side = -label.direction if label.event == "REACTION" else label.direction
        column = bars.close if label.event == "SIGN_OF_STRENGTH" else bars.low if side > 0 else bars.high
        assert label.level == pytest.approx(column[label.at], rel=1e-12), label
        assert label.time == bars.time[label.at]
        checked += 1
    assert checked > 200


def test_what_goes_beyond_a_bound_comes_back_and_what_breaks_it_does_not(market: Block) -> None:
    close = market.bars.close
    kinds = set()
    for label in market.labels:
        after = close[label.at : label.at + 5]
        if label.event in ("SPRING", "SHAKEOUT"):
            within = after[: 2 if label.event == "SHAKEOUT" else 4]
            beyond = label.level <= label.ice if label.direction > 0 else label.level >= label.creek
            back = within >= label.ice if label.direction > 0 else within <= label.creek
            assert beyond, label
            assert back.any(), label
        elif label.event == "SIGN_OF_STRENGTH":
            width = np.log(label.creek / label.ice)
            bound = label.creek if label.direction > 0 else label.ice
            assert label.direction * np.log(label.level / bound) > 0.07 * width, label
        else:
            continue
        kinds.add((label.event, label.direction))
    assert len(kinds) >= 5


def test_volume_behaves_as_the_method_says() -> None:
    volumes: dict[str, list[float]] = {}
    for number in range(4):
        market = whole(TUNE, number)
        for label in market.labels:
            if label.at > 20 and label.event not in (PHASE, END):
                before = np.median(market.bars.volume[label.at - 20 : label.at])
                volumes.setdefault(label.event, []).append(market.bars.volume[label.at] / before)
    median = {event: float(np.median(some)) for event, some in volumes.items()}

    assert median["CLIMAX"] > 3.0
    assert median["SHAKEOUT"] > 1.8
    assert median["SIGN_OF_STRENGTH"] > 2.0
    assert median["LAST_POINT"] < 1.0
    assert median["TEST"] < 0.8
    assert np.mean(np.array(volumes["CLIMAX"]) > 2.0) > 0.95


def test_all_templates_come_and_some_fail() -> None:
    templates = {label.template for number in range(4) for label in whole(TUNE, number).labels}

    assert templates == {*TEMPLATES, *FAILED}


def test_markets_differ_in_timeframe_price_and_tick() -> None:
    markets = [Market(REPORT, 1, number) for number in range(30)]

    assert {one.timeframe for one in markets} == {Timeframe(name) for name in REPORT.timeframes}
    assert len({one.symbol for one in markets}) == 30
    prices = [next(one.pieces()).bars.close[0] for one in markets]
    assert max(prices) / min(prices) > 1000


def test_a_market_comes_home_however_long_it_is() -> None:
    market = Market(TUNE, 1, 2)
    closes = [block.bars.close for block in blocks(market.pieces(), 200_000, 50_000)]

    prices = np.log(np.concatenate(closes))
    assert prices.max() - prices.min() < 6.0
    assert abs(np.median(prices[:100_000]) - np.median(prices[100_000:])) < 0.7


def test_blocks_end_where_the_series_does() -> None:
    lengths = [len(block.bars.time) for block in blocks(Market(TUNE, 1).pieces(), 1000, 300)]

    assert lengths == [300, 300, 300, 100]
    assert len(list(islice(blocks(Market(TUNE, 1).pieces(), 10**9, 64), 5))) == 5


def test_a_cut_is_of_all_columns() -> None:
    bars = whole(TUNE, bars=100).bars

    assert (cut(bars, 10, 13).volume == bars.volume[10:13]).all()
    assert (cut(bars, 10, 13).time == bars.time[10:13]).all()


@pytest.mark.parametrize(("size", "tick"), [(0.3, 0.2), (1.0, 1.0), (0.0099, 0.005), (5200.0, 5000.0)])
def test_a_tick_is_one_two_or_five(size: float, tick: float) -> None:
    assert tick_near(size) == tick
