import itertools
import json
from collections.abc import Callable, Collection
from typing import Any

import pytest

from tidemark.sim.binance.books import ID_STEP, BinanceBooks
from tidemark.sim.book import DEPTH, NEVER_MS
from tidemark.sim.faults import Faults
from tidemark.sim.generator import Generator
from tidemark.sim.market import Frame
from tidemark.sim.wanted import Wanted

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]
TOPIC = "btcusdt@depth@100ms"


def snapshot(source: Generator) -> tuple[int, dict[str, dict[str, str]]]:
    ladder = source.ladder(0, DEPTH)
    market = source.truth.markets[0]
    assert market is not None
    sides = {"b": ladder.bids, "a": ladder.asks}
    return ladder.update_id, {
        side: {market.price(ticks): market.size(lots) for ticks, lots in levels} for side, levels in sides.items()
    }


def apply(book: dict[str, dict[str, str]], told: Any) -> None:
    for side in "ba":
        for price, size in told[side]:
            if float(size):
                book[side][price] = size
            else:
                book[side].pop(price, None)


def test_a_frame_has_the_documented_fields(make: Make, play: Play) -> None:
    told = json.loads(play(make("binance"), {TOPIC}, 8)[0][2])

    assert list(told) == ["e", "E", "T", "s", "ps", "U", "u", "pu", "b", "a", "st"]
    assert (told["e"], told["s"], told["st"]) == ("depthUpdate", "BTCUSDT", 1)
    assert told["U"] <= told["u"]
    assert told["E"] >= told["T"]


@pytest.mark.parametrize(("topic", "every_ms"), [(TOPIC, 100), ("btcusdt@depth", 250), ("btcusdt@depth@500ms", 500)])
def test_messages_are_chained_and_as_far_apart_as_asked(make: Make, play: Play, topic: str, every_ms: int) -> None:
    frames = play(make("binance"), {topic}, 80)
    told = [json.loads(frame[2]) for frame in frames]

    assert len(told) > 20
    assert all(after["pu"] == before["u"] for before, after in itertools.pairwise(told))
    # Ids run over all markets: the next one of a market is not the one after.
    assert all(after["U"] == before["u"] + ID_STEP for before, after in itertools.pairwise(told))
    assert all(frame[0] // 1_000_000 % every_ms == 0 for frame in frames)


@pytest.mark.parametrize("wait", [0, 1, 5, 9])
def test_the_documented_procedure_gives_the_book_of_rest(make: Make, wait: int) -> None:
    source = make("binance", churn_s=0.0)
    buffered: list[Any] = []
    # The snapshot is taken in the middle of a slice: between two of its frames.
    topics = {TOPIC, "ethusdt@bookTicker"}
    taken: tuple[int, dict[str, dict[str, str]]] | None = None
    for k in range(60):
        for n, frame in enumerate(source.advance(topics, 1.0, 0)):
            if frame[1] == TOPIC:
                buffered.append(json.loads(frame[2]))
            if k == 8 and n == wait:
                taken = snapshot(source)
    assert taken is not None
    last_id, book = taken

    rest = [told for told in buffered if told["u"] >= last_id]
    assert rest[0]["U"] <= last_id <= rest[0]["u"] or rest[0]["pu"] == last_id
    for told in rest:
        apply(book, told)
        assert max(map(float, book["b"])) < min(map(float, book["a"]))
    # What happened since the last message is told by the next.
    while buffered[-1]["u"] != snapshot(source)[0]:
        for frame in source.advance({TOPIC}, 1.0, 0):
            buffered.append(json.loads(frame[2]))
            apply(book, buffered[-1])

    assert book == snapshot(source)[1]


def test_a_level_that_came_and_went_between_two_messages_is_told(make: Make) -> None:
    source = make("binance", churn_s=0.0)
    bid, ask = source.books.bids[0], source.books.asks[0]
    depths = BinanceBooks(source.truth, source.books)
    depths.begin(Wanted([TOPIC]), {"btcusdt": 0}, 0)
    for better in (bid + 3, bid):
        source.books.quote(0, 1000, better, ask + 10, 4, 4)
        depths.topics.moved(0, 1000)

    due = depths.topics.take(1100)

    assert due is not None
    assert bid + 3 in depths.topics.touched(due[1], is_bid=True)


def test_the_best_levels_are_those_of_book_ticker(make: Make, play: Play) -> None:
    source = make("binance")
    _, book = snapshot(source)
    quote: Any = None
    checked = 0
    for frame in play(source, {TOPIC, "btcusdt@bookTicker"}, 80):
        told = json.loads(frame[2])
        if told["e"] == "bookTicker":
            quote = told
            continue
        apply(book, told)
        if quote is not None:
            best = [max(book["b"], key=float), min(book["a"], key=float)]
            assert best == [quote["b"], quote["a"]]
            assert [book["b"][best[0]], book["a"][best[1]]] == [quote["B"], quote["A"]]
            assert quote["u"] <= told["u"]
            checked += 1
    assert checked > 20


def test_a_restart_cuts_the_chain(make: Make, play: Play) -> None:
    source = make("binance")
    source.faults = Faults(book_restart=0.1)
    told = [json.loads(frame[2]) for frame in play(source, {TOPIC}, 120)]

    breaks = sum(after["pu"] != before["u"] for before, after in itertools.pairwise(told))
    assert breaks / len(told) == pytest.approx(0.1, abs=0.08)


def test_a_restart_of_other_symbols_leaves_this_one_alone(make: Make, play: Play) -> None:
    source = make("binance")
    source.faults = Faults(book_restart=1.0, symbols=("ETHUSDT",))
    told = [json.loads(frame[2]) for frame in play(source, {TOPIC, "ethusdt@depth@100ms"}, 20)]

    assert {one["s"] for one in told} == {"BTCUSDT"}


def test_streams_that_are_no_books_are_not_told(make: Make) -> None:
    source = make("binance")
    depths = BinanceBooks(source.truth, source.books)
    depths.begin(Wanted(["btcusdt@depth@0ms", "nosuch@depth", "btcusdt@trade"]), {"btcusdt": 0}, 0)
    depths.topics.moved(0, 1000)

    assert depths.topics.next_ms == NEVER_MS
    depths.begin(Wanted([TOPIC]), {"btcusdt": 0}, 0)
    depths.topics.moved(0, 1000)
    assert depths.topics.next_ms == 1100
    depths.keep(Wanted())
    assert depths.topics.next_ms == NEVER_MS


def test_the_id_of_a_book_grows_with_every_turn(make: Make) -> None:
    source = make("binance")
    depths = BinanceBooks(source.truth, source.books)
    before = depths.update_id(0)
    source.books.turn(0, 1)

    assert depths.update_id(0) == before + ID_STEP == depths.ladder(0, 5).update_id
