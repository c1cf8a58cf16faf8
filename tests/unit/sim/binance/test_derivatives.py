import json
from collections.abc import Callable, Collection

from tidemark.sim.binance.derivatives import force_orders
from tidemark.sim.derivatives import Liquidation
from tidemark.sim.generator import Generator
from tidemark.sim.market import Frame

START_MS = 1_763_712_000_000
Play = Callable[[Generator, Collection[str], int], list[Frame]]


def test_a_liquidation_is_told_to_all_and_to_its_own_stream(make: Callable[..., Generator]) -> None:
    source = make("binance")
    found = [Liquidation(0, START_MS + 100, True, 840_000, 843_000, 25)]
    wanted = {"!forceOrder@arr", "btcusdt@forceOrder", "ethusdt@forceOrder"}

    frames = list(force_orders(source, found, wanted, START_MS + 250, 0))

    assert [frame[1] for frame in frames] == ["!forceOrder@arr", "btcusdt@forceOrder"]
    told = json.loads(frames[0][2])
    assert (told["e"], told["E"]) == ("forceOrder", START_MS + 253)
    assert told["o"] == {
        "s": "BTCUSDT", "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "0.025", "p": "84000.0", "ap": "84300.0",
        "X": "FILLED", "l": "0.025", "z": "0.025", "T": START_MS + 100, "ps": "BTCUSDT", "st": 1,
    }  # fmt: skip
    short = list(force_orders(source, [Liquidation(0, START_MS, False, 2, 1, 1)], wanted, START_MS, 0))
    assert json.loads(short[0][2])["o"]["S"] == "BUY"


def test_marks_come_every_second_or_every_third(make: Callable[..., Generator], play: Play) -> None:
    source = make("binance")
    wanted = {"!markPrice@arr@1s", "!markPrice@arr", "btcusdt@markPrice", "btcusdt@markPrice@1s"}

    topics = [[frame[1] for frame in play(source, wanted, 4)] for _ in range(4)]

    assert set(topics[0]) == set(topics[3]) == wanted
    assert set(topics[1]) == set(topics[2]) == {"!markPrice@arr@1s", "btcusdt@markPrice@1s"}


def test_a_mark_is_that_of_the_premium_index(make: Callable[..., Generator], play: Play) -> None:
    source = make("binance")
    frames = play(source, {"!markPrice@arr@1s"}, 9)

    rows = json.loads(frames[-1][2])
    bitcoin = next(row for row in rows if row["s"] == "BTCUSDT")
    assert list(bitcoin) == ["e", "E", "s", "p", "ap", "P", "i", "r", "T", "st"]
    assert bitcoin["T"] % (8 * 3_600_000) == 0
    assert abs(float(bitcoin["p"]) / float(bitcoin["i"]) - 1.0) < 0.001
    # All but the coin-margined: 12 perpetuals, spare slots are empty, and five strangers, one without funding.
    assert len(rows) == 17
    assert [row["r"] for row in rows if row["s"] == "BTCUSDT_261225"] == [""]


def test_nobody_wants_nothing_comes(make: Callable[..., Generator], play: Play) -> None:
    assert play(make("binance"), {"ethusdt@markPrice@0ms"}, 9) == []
