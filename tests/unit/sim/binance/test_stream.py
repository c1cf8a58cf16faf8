import json
from collections.abc import Callable, Collection

from tidemark.sim.generator import Generator
from tidemark.sim.market import Frame

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]
START_MS = 1_763_712_000_000


def test_a_trade_has_the_recorded_fields(make: Make, play: Play) -> None:
    told = json.loads(play(make("binance"), {"btcusdt@trade"}, 40)[0][2])

    assert list(told) == ["e", "E", "T", "s", "t", "p", "q", "X", "m", "st"]
    assert (told["e"], told["s"], told["X"], told["st"]) == ("trade", "BTCUSDT", "MARKET", 1)


def test_an_aggregate_trade_has_the_recorded_fields(make: Make, play: Play) -> None:
    told = json.loads(play(make("binance"), {"btcusdt@aggTrade"}, 40)[0][2])

    assert list(told) == ["e", "E", "a", "s", "p", "q", "nq", "f", "l", "T", "m", "st"]


def test_aggregate_trades_sum_up_the_single_ones(make: Make, play: Play) -> None:
    frames = play(make("binance"), {"btcusdt@trade", "btcusdt@aggTrade"}, 200)
    single = {t["t"]: t for t in (json.loads(f[2]) for f in frames) if t["e"] == "trade"}
    merged = [t for t in (json.loads(f[2]) for f in frames) if t["e"] == "aggTrade"]

    assert sorted(single) == list(range(min(single), max(single) + 1))
    assert [t["a"] for t in merged] == list(range(merged[0]["a"], merged[0]["a"] + len(merged)))
    assert sum(t["l"] - t["f"] + 1 for t in merged) == len(single)
    for told in merged:
        parts = [single[number] for number in range(told["f"], told["l"] + 1)]
        assert {part["p"] for part in parts} == {told["p"]}
        assert {part["m"] for part in parts} == {told["m"]}
        assert round(sum(float(part["q"]) for part in parts), 3) == float(told["q"])
    assert any(told["l"] > told["f"] for told in merged)


def test_all_tickers_come_each_second_with_coin_margined_rows_among_them(make: Make, play: Play) -> None:
    frames = play(make("binance"), {"!ticker@arr"}, 4 * 10 + 1)
    rows = [json.loads(frame[2]) for frame in frames]

    assert len(frames) == 10
    coin = {row["s"] for row in rows[-1] if row["st"] == 2}
    assert coin == {"BTCUSD_PERP", "ETHUSD_PERP"}
    bitcoin = next(row for row in rows[-1] if row["s"] == "BTCUSDT")
    assert list(bitcoin) == [
        "e",
        "E",
        "s",
        "p",
        "P",
        "w",
        "c",
        "Q",
        "o",
        "h",
        "l",
        "v",
        "q",
        "O",
        "C",
        "F",
        "L",
        "n",
        "st",
    ]
    assert bitcoin["st"] == 1
    assert float(bitcoin["l"]) <= float(bitcoin["c"]) <= float(bitcoin["h"])


def test_a_single_ticker_comes_every_other_second_and_a_mini_ticker_each(make: Make, play: Play) -> None:
    frames = play(make("binance"), {"btcusdt@ticker", "btcusdt@miniTicker"}, 4 * 10 + 1)

    topics = [frame[1] for frame in frames]
    assert topics.count("btcusdt@ticker") == 5
    assert topics.count("btcusdt@miniTicker") == 10


def test_a_candle_is_final_once_when_its_minute_ends(make: Make, play: Play) -> None:
    frames = play(make("binance"), {"btcusdt@kline_1m"}, 4 * 121)
    rows = [json.loads(frame[2])["k"] for frame in frames]
    final = [row for row in rows if row["x"]]

    assert [(row["t"], row["T"]) for row in final] == [
        (START_MS, START_MS + 59_999),
        (START_MS + 60_000, START_MS + 119_999),
    ]
    assert final[1]["f"] == final[0]["L"] + 1
    assert all(row["n"] == row["L"] - row["f"] + 1 for row in final)
    assert len(rows) > 100


def test_a_minute_without_trades_is_told_as_flat(make: Make, play: Play) -> None:
    frames = play(make("binance"), {"btcusdc@kline_1m"}, 4 * 61)
    rows = [json.loads(frame[2])["k"] for frame in frames]

    assert [row["x"] for row in rows] == [True]
    assert (rows[0]["n"], float(rows[0]["v"]), rows[0]["f"], rows[0]["L"]) == (0, 0.0, -1, -1)
    assert rows[0]["o"] == rows[0]["h"] == rows[0]["l"] == rows[0]["c"]


def test_the_book_ticker_never_crosses(make: Make, play: Play) -> None:
    rows = [json.loads(frame[2]) for frame in play(make("binance"), {"btcusdt@bookTicker"}, 100)]

    assert len(rows) > 20
    assert all(float(row["b"]) < float(row["a"]) for row in rows)
    updates = [row["u"] for row in rows]
    assert updates == sorted(set(updates))


def test_streams_are_known_by_lower_case_names(make: Make) -> None:
    source = make("binance")

    assert source.knows("btcusdt@aggTrade")
    assert source.knows("ethusdt@kline_4h")
    assert source.knows("币安人生usdt@trade")
    assert source.knows("!ticker@arr")
    assert not source.knows("BTCUSDT@aggTrade")
    assert not source.knows("btcusdt@kline_7m")
    assert not source.knows("nosuch@trade")
    assert source.snapshot("btcusdt@ticker") is None
