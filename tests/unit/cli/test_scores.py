import io

import pytest
from rich.console import Console, RenderableType

from tidemark.analysis.context import Relation
from tidemark.analysis.explain import ComponentReading, Explanation, FactorReading
from tidemark.analysis.liquidation_clusters import Cluster
from tidemark.analysis.ranking import Ranked, Ranking
from tidemark.analysis.regime import RegimeReading
from tidemark.cli.scores import as_breakdown, as_table, gauge
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

AT = 1_793_491_200_000_000_000


def printed(shown: RenderableType, width: int = 100) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(shown)
    return console.export_text()


def ranked(symbol: str, score: float | None) -> Ranked:
    return Ranked(
        symbol=symbol,
        score=score,
        coverage=0.5,
        agreement=0.75,
        conviction=0.1,
        regime="trend_up",
        components={"order_flow": 61.0},
    )


@pytest.mark.parametrize(
    ("score", "bar"),
    [
        (50.0, "          │          "),
        (0.0, "━━━━━━━━━━│          "),
        (100.0, "          │━━━━━━━━━━"),
        (40.0, "        ━━│          "),
    ],
)
def test_a_gauge_goes_to_the_side_of_the_score(score: float, bar: str) -> None:
    assert gauge(score).plain == bar


def test_of_many_markets_those_at_both_ends_are_shown() -> None:
    markets = (*(ranked(f"M{n}", 90.0 - n) for n in range(20)), ranked("U", None))

    shown = printed(as_table(Ranking(at=AT, waiting=3, markets=markets), 4))

    assert [line.split()[0] for line in shown.splitlines() if line.startswith("M")] == ["M0", "M1", "M18", "M19"]
    title = " ".join(shown.split())
    assert "20 of 21 markets scored at 2026-11-01 00:00:00 UTC; 3 series of candles still to be read" in title


def test_a_market_without_a_score_is_unknown_and_none_at_all_explains_itself() -> None:
    assert "unknown" in printed(as_table(Ranking(at=AT, waiting=0, markets=(ranked("U", None),)), 4))
    assert "no market is watched yet" in printed(as_table(Ranking(at=0, waiting=0, markets=()), 4))


def test_a_breakdown_has_a_line_for_what_counts_and_one_for_all_that_does_not() -> None:
    def factor(name: str, points: float) -> FactorReading:
        return FactorReading(
            name=name, title=name.upper(), group="g", points=points, direction=0.5, quality=1.0, value=1.0, usual=1.0,
            unit="", age_s=1.0, sentence=f"{points:+.2f} {name.upper()}: rises: a fact", flips="a fact of 0",
        )  # fmt: skip

    component = ComponentReading(
        name="order_flow", weight=0.3, score=75.0, direction=0.5, quality=1.0, strength=1.0, points=7.52,
        factors=(factor("big", 7.5), factor("small", 0.02)), missing=("absent",),
    )  # fmt: skip
    empty = ComponentReading(
        name="volume", weight=0.18, score=50.0, direction=0.0, quality=0.0, strength=1.0, points=0.0, factors=(),
        missing=("delta",),
    )  # fmt: skip
    shown = printed(
        as_breakdown(
            Explanation(
                symbol="BTCUSDT", at=AT, score=None, coverage=0.3, agreement=1.0, conviction=0.2,
                components=(component, empty), modifiers=("x0.50 order flow: a wide spread",),
                regime=RegimeReading(
                    regime="trend_up", timeframe=Timeframe.M5, since=AT, age_s=3.0, sentence="ADX 30.0 in 5m, 3s old"
                ),
                relations=(
                    Relation(
                        symbol="BTCUSDT", leader="ETHUSDT", timeframe=Timeframe.M1, at=AT, age_ns=3 * SECOND,
                        pairs=40.0,
                        correlation=0.5, beta=-1.25, alpha_bps=0.125, residual_bps=2.0, residual_deviation_bps=4.0,
                        correlation_before=None, correlation_after=None,
                    ),
                ),
                clusters=tuple(
                    Cluster(
                        low=100.0 + number, high=101.0 + number, long_turnover=2500.0, short_turnover=0.0, longs=2,
                        shorts=0, last_at=AT, age_ns=90 * SECOND,
                    )
                    for number in range(7)
                ),
            )
        )
    )  # fmt: skip

    assert shown.startswith("BTCUSDT unknown: less than 40 % of the weight is there  at 2026-11-01 00:00:00 UTC")
    assert "order flow (0.30)                   75.0            │━━━━━        +7.52" in shown
    assert "BIG: rises: a fact; turns at a fact of 0" in shown
    assert "next to nothing (+0.02): SMALL" in shown
    assert "missing: absent" in shown
    assert "nothing is known of it" in shown
    assert "x0.50 order flow: a wide spread" in shown
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[2] == "regime: trend up since 2026-11-01 00:00:00 UTC: ADX 30.0 in 5m, 3s old"
    assert "beside the score: how it goes with ETHUSDT" in lines
    assert (
        "1m: -1.25 for each 1 of it, correlation 0.50 over 40 candles by weight, +2.0 bps beyond that in the newest,"
        " where 4.0 is usual, alpha +0.12 bps a candle, 3s old"
    ) in " ".join(lines)
    liquidated = [line for line in lines if "USDT of 2 longs" in line]
    assert len(liquidated) == 5
    assert liquidated[0] == "100 to 101: 2,500 USDT of 2 longs, 0 of 0 shorts, the newest 1.5m old"
