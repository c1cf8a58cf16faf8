import msgspec
import pytest
from tests.backtest_kept import BACKTEST, fill_backtest

from tidemark.api.past_backtests import KeptBacktest, ListedBacktest
from tidemark.api.told_backtests import (
    BacktestResult,
    backtest_row,
    result_told,
    settings_told,
    strategy_name,
    trip_row,
    under_way,
)
from tidemark.backtest.metrics.curve_figures import CurveFigures
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.trip_figures import TripFigures
from tidemark.backtest.runs.comparison import result_in
from tidemark.live.backtesting import Following
from tidemark.model.round_trip import Exit, RoundTrip
from tidemark.model.signal import Side
from tidemark.store.backtest_rows import Run

UNITS = {"fraction", "fraction a year", "ratio", "quote", "seconds", "candles", "count", "R", "times a year"}


def kept_of(run: Run) -> KeptBacktest:
    listed = ListedBacktest(
        id=run.id, name=run.name, state=run.state.value, created_at=run.created_at, ended_at=run.ended_at,
        strategy="/var/lib/strategies/every.py", kind="Every", data=run.data, error=run.error, trips=25,
        total_return=0.1, sharpe=None, max_drawdown=-0.2,
    )  # fmt: skip
    return KeptBacktest(listed=listed, settings=run.settings, result=run.result)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return fill_backtest(None, tmp_path_factory.mktemp("kept"), markets=12)


def told_of(run: Run) -> BacktestResult:
    told = result_told(kept_of(run))
    assert told is not None
    return told


def test_a_row_names_what_was_run_and_not_where_it_lies(run: Run) -> None:
    row = backtest_row(kept_of(run).listed)

    assert (row.id, row.name, row.state) == (BACKTEST, "every", "done")
    assert (row.strategy, row.data, row.timeframe) == ("every.py", "made", "1m")
    assert (len(row.markets), row.market_count, row.candles) == (10, 12, 6000)
    assert row.end_ms - row.begin_ms == 499 * 60_000
    assert row.ended_ms is not None
    assert row.ended_ms >= row.created_ms > 10**12


def test_one_that_runs_has_not_ended(run: Run) -> None:
    listed = msgspec.structs.replace(kept_of(run).listed, state="running", ended_at=None)

    assert backtest_row(listed).ended_ms is None


@pytest.mark.parametrize(
    ("where", "name"),
    [("/s/a.py", "a.py"), ("/s/a.py:B", "a.py:B"), ("a.py", "a.py"), ("rules:breakout", "rules:breakout"), ("", "A")],
)
def test_a_strategy_has_the_name_that_clients_give(where: str, name: str) -> None:
    assert strategy_name(where, "A") == name


def test_each_figure_of_a_result_is_told_with_its_unit_and_its_interval(run: Run) -> None:
    result, told = result_in(run), told_of(run)
    of_equity, of_trips = told.figures

    for group, part, kind in ((of_equity, result.curve, CurveFigures), (of_trips, result.all, TripFigures)):
        known = {one.name: one for one in group.figures}
        for name in kind.__struct_fields__:
            figure = getattr(part, name)
            if isinstance(figure, Figure):
                assert (known[name].value, known[name].why) == (figure.value, figure.why)
        assert {one.unit for one in group.figures} <= UNITS
        assert len(known) == len(group.figures)
    rate = next(one for one in of_trips.figures if one.name == "win_rate")
    estimate = result.luck.trips.win_rate.estimate
    assert (rate.low, rate.high) == ((None, None) if estimate is None else (estimate.low, estimate.high))
    assert rate.unit == "fraction"


def test_the_rest_of_a_result_is_told(run: Run) -> None:
    result, told = result_in(run), told_of(run)
    luck = {one.name: one for one in told.luck}

    assert (told.trips, told.digest, told.end, told.warm_up) == (
        result.trips, result.digest, result.end, result.warm_up,
    )  # fmt: skip
    assert {one.name: one.trips for one in told.groups["symbol"]} == {
        name: one.count for name, one in result.groups["symbol"].items()
    }
    assert [(one.year, one.month, one.gain) for one in told.months] == [
        (one.year, one.month, one.value) for one in result.curve.months
    ]
    assert len(told.r_counts) == len(told.r_edges) + 1
    assert luck["trials"].value == result.luck.trials
    assert luck["shuffled_return"].value == result.luck.shuffled.mean.value
    assert luck["shuffled_p"].value == result.luck.shuffled.p.value
    assert luck["entries_p"].value == result.luck.entries.p.value
    assert luck["holding_total_return"].value == result.luck.holding.total_return.value


def test_what_another_version_left_out_is_not_told(run: Run) -> None:
    assert run.result is not None
    result = msgspec.json.decode(run.result)
    for name in ("entries", "shuffled", "trials", "deflated_sharpe"):
        del result["luck"][name]
    told = result_told(msgspec.structs.replace(kept_of(run), result=msgspec.json.encode(result).decode()))

    assert told is not None
    assert {one.name.partition("_")[0] for one in told.luck} == {"probabilistic", "holding"}


def test_what_it_was_done_with_is_told(run: Run) -> None:
    told = settings_told(kept_of(run))

    assert (told.parameters, told.cash, told.data_sha256) == ({"each": 10}, 10_000.0, "made")
    assert told.models["fees.use"] == "venue"
    assert len(told.code_sha256) == 64


def test_without_a_result_there_is_none(run: Run) -> None:
    assert result_told(msgspec.structs.replace(kept_of(run), result=None)) is None


def test_a_round_trip_is_told_in_milliseconds_and_words() -> None:
    trip = RoundTrip(
        number=1, symbol="BTCUSDT", tag="", side=Side.SHORT, quantity=2.0, entry_at=1_000_000, entry_price=10.0,
        exit_at=5_000_000, exit_price=9.0, exit=Exit.STOP, fees=0.1, funding=0.2, slippage=0.3, profit=1.4, risk=0.7,
        best=0.1, worst=-0.2, bars=3,
    )  # fmt: skip
    row = trip_row(trip)

    assert (row.side, row.exit, row.entry_ms, row.exit_ms, row.r) == ("short", "stop", 1, 5, 2.0)


def test_a_run_that_is_under_way_is_told_in_milliseconds() -> None:
    one = Following(run="a", name="b", strategy="c.py", data="d", state="running", done=1, begun_at=2_000_000)

    assert (under_way(one).id, under_way(one).begun_ms, under_way(one).eta_ms) == ("a", 2, None)
