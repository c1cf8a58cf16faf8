import msgspec
from tests.unit.api.push.made import Market, Said

from tidemark.api.push.messages import Stamp
from tidemark.api.push.reads import Clients
from tidemark.api.push.topics.health import HealthDelta, HealthSnapshot, Kind
from tidemark.live.health import Figures

FIGURES = Figures(
    uptime_s=1.5, messages_per_s=700.0, trades_per_s=900.0, messages=10, trades=20, candles=3, gaps=1, decode_errors=0,
    loop_lag_ms=4.5, cpu=0.1, rss=100, peak_rss=200, budget=300, slope_mb_h=None, offset_ms=-3.0, stale=2, polled=1,
    books_out=4, given_up=("10s candles",),
)  # fmt: skip


def test_before_the_first_look_there_are_no_figures() -> None:
    market = Market()

    whole = Kind(market.reads, market.figures()).open({}).whole(Stamp("health", 1, 5))

    assert whole == HealthSnapshot(topic="health", seq=1, ts=5, figures=None, clients=Clients(), parts=[Said(0)])


def test_the_figures_are_those_of_the_last_look_with_the_lags_of_the_loop() -> None:
    market = Market()
    market.told = FIGURES
    for late_ns in (0, 0, 7_500_000):
        market.lags.add(late_ns)

    change = Kind(market.reads, market.figures()).open({}).change(Stamp("health", 2, 6))

    assert isinstance(change, HealthDelta)
    figures = msgspec.to_builtins(change)["figures"]
    assert (figures["loop_lag_p50_ms"], figures["loop_lag_p99_ms"]) == (1.0, 8.0)
    assert (figures["slope_mb_h"], figures["pressure"], figures["given_up"]) == (None, "NORMAL", ("10s candles",))
    assert set(figures) == {
        "uptime_s", "messages_per_s", "trades_per_s", "messages", "trades", "candles", "gaps", "decode_errors",
        "loop_lag_ms", "loop_lag_p50_ms", "loop_lag_p99_ms", "cpu", "rss", "peak_rss", "budget", "slope_mb_h",
        "offset_ms", "stale", "polled", "books_out", "pressure", "given_up",
    }  # fmt: skip
