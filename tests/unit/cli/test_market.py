"""`tidemark market` where nothing runs, and how its answer looks; against a service that runs, see test_score."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from tidemark.analysis.context import HALF_LIVES, Alpha, MarketReading
from tidemark.analysis.market_view import MarketView
from tidemark.cli.market import Compared
from tidemark.cli.scores import as_market
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

Tidemark = Callable[..., tuple[int, str, str]]
AT = 1_793_491_200_000_000_000


def printed(shown: RenderableType, width: int = 100) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(shown)
    return console.export_text()


def reading(ranking: tuple[Alpha, ...]) -> MarketReading:
    there = bool(ranking)
    return MarketReading(
        timeframe=Timeframe.M5, leader="BTCUSDT", at=AT if there else None, age_ns=2 * SECOND if there else None,
        moved=len(ranking), mean_bps=1.5 if there else None, dispersion_bps=12.25 if there else None,
        related=len(ranking), mean_correlation=0.5 if there else None, mean_beta=1.25 if there else None,
        ranking=ranking,
    )  # fmt: skip


def view(context: MarketReading | None, at: int = AT) -> MarketView:
    return MarketView(
        at=at, breadth=None, regime_timeframe=Timeframe.M5, regimes={"unknown": 0, "range": 7, "trend_up": 2},
        context=context,
    )  # fmt: skip


def test_the_market_is_told_in_a_few_lines_above_both_ends_of_its_ranking() -> None:
    ranking = tuple(
        Alpha(symbol=f"M{n}", alpha_bps=5.0 - n, deviations=1.0, beta=0.5, correlation=0.75, age_ns=SECOND)
        for n in range(9)
    )

    shown = printed(as_market(view(reading(ranking)), 5))

    assert "the market at 2026-11-01 00:00:00 UTC" in shown
    assert "regimes in 5m: 7 range, 2 trend up" in shown
    assert "newest 5m candle: +1.5 bps on average over 9 markets, apart by 12.2 bps, 2s old" in shown
    assert "with BTCUSDT, on average over 9 markets: correlation 0.50, beta 1.25" in shown
    assert [line.split()[0] for line in shown.splitlines() if line.startswith("M")] == ["M0", "M1", "M2", "M7", "M8"]


def test_a_market_whose_price_stands_still_has_no_correlation_to_show() -> None:
    still = Alpha(symbol="M0", alpha_bps=0.0, deviations=0.0, beta=0.0, correlation=None, age_ns=SECOND)

    shown = printed(as_market(view(reading((still,))), 5))

    (row,) = [line for line in shown.splitlines() if line.startswith("M0")]
    assert row.split() == ["M0", "+0.00", "+0.0", "0.00", "-", "1s"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (view(None, at=0), "nothing is scored yet"),
        (view(None), "compared in no timeframe that is kept"),
        (view(reading(())), "no market is compared with BTCUSDT yet: that takes 30 candles of both"),
    ],
)
def test_a_market_of_which_little_is_known_explains_itself(told: MarketView, says: str) -> None:
    assert says in printed(as_market(told, 5), width=200)


def test_the_command_offers_the_timeframes_in_which_markets_are_compared() -> None:
    assert [one.value for one in Compared] == [one.value for one in HALF_LIVES]


def test_where_nothing_runs_it_says_where_it_looked_and_what_to_do(tidemark: Tidemark, tmp_path: Path) -> None:
    code, output, error = tidemark("market", "--set", f"store.folder={tmp_path}")

    assert (code, output) == (2, "")
    assert error.startswith(f"tidemark: no process answers at {tmp_path}/bybit/control.sock")


def test_a_timeframe_in_which_nothing_is_compared_is_refused(tidemark: Tidemark) -> None:
    code, _, error = tidemark("market", "--timeframe", "4h")

    assert code == 2
    assert "4h" in error
