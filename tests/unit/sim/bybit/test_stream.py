import itertools
import json
import re
from collections.abc import Callable, Collection

import msgspec
import pytest

from tidemark.sim.bybit.stream import id_middle, trade_id
from tidemark.sim.generator import Generator
from tidemark.sim.market import Frame

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]
START_MS = 1_763_712_000_000


def test_a_trade_frame_has_the_documented_fields(make: Make, play: Play) -> None:
    frame = play(make(), {"publicTrade.BTCUSDT"}, 40)[0]
    told = json.loads(frame[2])

    assert list(told) == ["topic", "type", "ts", "data"]
    assert (told["topic"], told["type"]) == ("publicTrade.BTCUSDT", "snapshot")
    row = told["data"][0]
    assert list(row) == ["T", "s", "S", "v", "p", "L", "i", "BT", "RPI", "seq"]
    assert row["s"] == "BTCUSDT"
    assert row["S"] in {"Buy", "Sell"}
    assert row["L"] in {"PlusTick", "ZeroPlusTick", "MinusTick", "ZeroMinusTick"}
    assert [len(part) for part in row["i"].split("-")] == [8, 4, 4, 4, 12]
    assert (row["BT"], type(row["RPI"])) == (False, bool)
    assert told["ts"] >= row["T"]


def test_trade_ids_are_unique_and_sequences_grow(make: Make, play: Play) -> None:
    rows = [row for f in play(make(), {"publicTrade.BTCUSDT"}, 400) for row in json.loads(f[2])["data"]]

    assert len({row["i"] for row in rows}) == len(rows) > 1000
    sequences = [row["seq"] for row in rows]
    assert sequences == sorted(set(sequences))


def test_the_tick_direction_follows_the_price(make: Make, play: Play) -> None:
    rows = [row for f in play(make(), {"publicTrade.ETHUSDT"}, 400) for row in json.loads(f[2])["data"]]

    for before, row in itertools.pairwise(rows):
        price, last = float(row["p"]), float(before["p"])
        if price == last:
            assert row["L"] == ("ZeroPlusTick" if before["L"].endswith("PlusTick") else "ZeroMinusTick")
        else:
            assert row["L"] == ("PlusTick" if price > last else "MinusTick")


def test_rest_tells_the_trades_under_the_ids_of_the_stream(make: Make, play: Play) -> None:
    source = make()
    rows = [row for f in play(source, {"publicTrade.BTCUSDT"}, 10) for row in json.loads(f[2])["data"]]
    market = source.truth.markets[0]
    assert market is not None

    told = source.prints(0, len(rows))
    assert [(p.trade_id, p.sequence, p.time_ms, market.price(p.ticks), p.is_rpi) for p in told] == [
        (row["i"], row["seq"], row["T"], row["p"], row["RPI"]) for row in rows
    ]


def test_a_ticker_begins_whole_and_goes_on_with_what_changed(make: Make, play: Play) -> None:
    source = make()
    first = json.loads(source.snapshot("tickers.BTCUSDT") or b"")
    shown = dict(first["data"])
    frames = [json.loads(f[2]) for f in play(source, {"tickers.BTCUSDT"}, 80)]

    assert first["type"] == "snapshot"
    assert len(shown) == 21
    assert len(frames) > 20
    for told in frames:
        assert told["type"] == "delta"
        changes = {name: text for name, text in told["data"].items() if name != "symbol"}
        assert all(shown[name] != text for name, text in changes.items())
        shown |= changes
    assert float(shown["bid1Price"]) < float(shown["ask1Price"])
    assert min(len(told["data"]) for told in frames) < 12


@pytest.mark.parametrize("rate", [0.0, -0.0, 1e-12, -1e-12, 0.0001, -0.00012345])
def test_every_number_is_one_also_a_funding_rate_of_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    source = make()
    quote = msgspec.structs.replace(source.quote(0), funding_rate=rate)
    monkeypatch.setattr(source, "quote", lambda slot: quote)

    told = json.loads(source.snapshot("tickers.BTCUSDT") or b"")["data"]["fundingRate"]

    assert re.fullmatch(r"-?\d+(\.\d+)?", told)
    assert float(told) == pytest.approx(rate, abs=1e-8)


def test_a_late_subscriber_sees_the_same_ticker(make: Make, play: Play) -> None:
    source = make()
    shown = json.loads(source.snapshot("tickers.BTCUSDT") or b"")["data"]
    for frame in play(source, {"tickers.BTCUSDT"}, 40):
        shown |= json.loads(frame[2])["data"]
    late = json.loads(source.snapshot("tickers.BTCUSDT") or b"")["data"]
    for frame in play(source, {"tickers.BTCUSDT"}, 40):
        shown |= json.loads(frame[2])["data"]
        late |= json.loads(frame[2])["data"]

    assert late == shown


def test_a_candle_is_confirmed_once_when_its_minute_ends(make: Make, play: Play) -> None:
    source = make()
    told = [json.loads(f[2]) for f in play(source, {"kline.1.BTCUSDT", "kline.5.BTCUSDT"}, 4 * 301)]

    minutes = [t["data"][0] for t in told if t["topic"] == "kline.1.BTCUSDT" and t["data"][0]["confirm"]]
    fives = [t["data"][0] for t in told if t["topic"] == "kline.5.BTCUSDT" and t["data"][0]["confirm"]]
    assert [row["start"] for row in minutes] == [START_MS + k * 60_000 for k in range(5)]
    assert [row["end"] for row in minutes] == [START_MS + k * 60_000 + 59_999 for k in range(5)]
    assert [(row["start"], row["end"], row["interval"]) for row in fives] == [(START_MS, START_MS + 299_999, "5")]
    assert fives[0]["open"] == minutes[0]["open"]
    assert fives[0]["close"] == minutes[4]["close"]
    assert float(fives[0]["high"]) == max(float(row["high"]) for row in minutes)
    assert all(later["open"] == earlier["close"] for earlier, later in itertools.pairwise(minutes))
    assert all(t["data"][0]["timestamp"] > t["data"][0]["end"] for t in told if t["data"][0]["confirm"])
    assert any(not t["data"][0]["confirm"] for t in told)


def test_only_topics_of_listed_markets_are_known(make: Make) -> None:
    source = make()

    assert source.knows("publicTrade.BTCUSDT")
    assert source.knows("tickers.币安人生USDT")
    assert source.knows("kline.D.ETHUSDT")
    assert not source.knows("publicTrade.NOSUCHUSDT")
    assert not source.knows("kline.7.BTCUSDT")
    assert not source.knows("liquidation.BTCUSDT")
    assert not source.knows("")


def test_a_clock_skew_shifts_the_times_that_are_told(make: Make) -> None:
    plain, skewed = make(), make()
    one = [json.loads(f[2]) for _ in range(8) for f in plain.advance({"publicTrade.BTCUSDT"}, 1.0, 0)]
    other = [json.loads(f[2]) for _ in range(8) for f in skewed.advance({"publicTrade.BTCUSDT"}, 1.0, 5000)]

    assert [t["ts"] + 5000 for t in one] == [t["ts"] for t in other]
    assert [t["data"][0]["T"] + 5000 for t in one] == [t["data"][0]["T"] for t in other]


def test_an_id_belongs_to_one_trade_of_one_symbol() -> None:
    ids = {trade_id(id_middle(symbol), number) for symbol in ("BTCUSDT", "ETHUSDT") for number in range(5000)}

    assert len(ids) == 10_000
