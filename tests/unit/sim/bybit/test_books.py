import itertools
import json
from collections.abc import Callable, Collection
from typing import Any

import pytest

from tidemark.kernels.page import Page
from tidemark.sim.bybit.books import DEPTHS, SEQUENCE, BybitBooks
from tidemark.sim.faults import Faults
from tidemark.sim.generator import Generator
from tidemark.sim.market import Frame
from tidemark.sim.wanted import Wanted

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]


class Book:
    """A book as a client keeps it; every rule that the venue states is asserted."""

    def __init__(self, snapshot: Any) -> None:
        self.sides: dict[str, dict[str, str]] = {}
        self.update_id = 0
        self.take(snapshot)

    def take(self, told: Any) -> None:
        data = told["data"]
        if told["type"] == "snapshot":
            self.sides = {side: dict(data[side]) for side in "ba"}
        else:
            assert data["u"] == self.update_id + 1
            for side in "ba":
                for price, size in data[side]:
                    changed = self.sides[side]
                    assert changed.get(price) != size
                    if float(size):
                        changed[price] = size
                    else:
                        del changed[price]
        self.update_id = data["u"]
        assert max(map(float, self.sides["b"])) < min(map(float, self.sides["a"]))

    def levels(self, side: str) -> list[list[str]]:
        ordered = sorted(self.sides[side].items(), key=lambda level: float(level[0]), reverse=side == "b")
        return [list(level) for level in ordered]


def follow(source: Generator, play: Play, topic: str, slices: int) -> tuple[Book, list[Any]]:
    book = Book(json.loads(source.snapshot(topic) or b""))
    deltas = [json.loads(frame[2]) for frame in play(source, {topic}, slices)]
    for told in deltas:
        book.take(told)
    return book, deltas


@pytest.mark.parametrize("depth", [50, 200, 1000])
def test_snapshot_and_deltas_give_the_book_of_rest(make: Make, play: Play, depth: int) -> None:
    source = make(churn_s=0.0)
    book, deltas = follow(source, play, f"orderbook.{depth}.BTCUSDT", 40)
    market = source.truth.markets[0]
    assert market is not None

    # The last interval may not have ended: the truth is asked for as of the last message.
    ladder = source.ladder(0, depth)
    if deltas[-1]["data"]["seq"] < ladder.sequence:
        while deltas[-1]["data"]["seq"] < ladder.sequence:
            for frame in play(source, {f"orderbook.{depth}.BTCUSDT"}, 1):
                deltas.append(json.loads(frame[2]))
                book.take(deltas[-1])
            ladder = source.ladder(0, depth)

    for side, levels in (("b", ladder.bids), ("a", ladder.asks)):
        expected = [[market.price(ticks), market.size(lots)] for ticks, lots in levels]
        assert book.levels(side) == expected
        assert len(expected) == depth
    assert len(deltas) > 20


def test_a_frame_has_the_documented_fields(make: Make, play: Play) -> None:
    source = make()
    told = json.loads(source.snapshot("orderbook.50.BTCUSDT") or b"")
    delta = json.loads(play(source, {"orderbook.50.BTCUSDT"}, 8)[0][2])

    assert [list(one) for one in (told, delta)] == [["topic", "type", "ts", "data", "cts"]] * 2
    assert [list(one["data"]) for one in (told, delta)] == [["s", "b", "a", "u", "seq"]] * 2
    assert (told["type"], delta["type"], delta["topic"]) == ("snapshot", "delta", "orderbook.50.BTCUSDT")
    assert [len(told["data"][side]) for side in "ba"] == [50, 50]
    assert told["data"]["seq"] > SEQUENCE
    assert delta["ts"] >= delta["cts"]


def test_the_best_levels_are_those_of_the_ticker(make: Make, play: Play) -> None:
    source = make()
    topics = {"orderbook.50.BTCUSDT", "tickers.BTCUSDT"}
    book = Book(json.loads(source.snapshot("orderbook.50.BTCUSDT") or b""))
    ticker = dict(json.loads(source.snapshot("tickers.BTCUSDT") or b"")["data"])

    for told in (json.loads(frame[2]) for frame in play(source, topics, 80)):
        if told["topic"].startswith("tickers"):
            ticker |= told["data"]
        else:
            book.take(told)
            best = [*book.levels("b")[0], *book.levels("a")[0]]
            assert best == [ticker[name] for name in ("bid1Price", "bid1Size", "ask1Price", "ask1Size")]


def test_who_comes_later_gets_the_book_that_the_others_know(make: Make, play: Play) -> None:
    source = make()
    topic = "orderbook.50.BTCUSDT"
    first, _ = follow(source, play, topic, 21)

    later = Book(json.loads(source.snapshot(topic) or b""))

    assert (later.update_id, later.sides) == (first.update_id, first.sides)
    for frame in play(source, {topic}, 20):
        first.take(json.loads(frame[2]))
        later.take(json.loads(frame[2]))
    assert later.sides == first.sides


def test_who_subscribes_between_two_pages_can_apply_the_next(make: Make) -> None:
    source = make()
    topic = "orderbook.50.BTCUSDT"
    page, wanted = Page(0), Wanted([topic])
    books = [Book(json.loads(source.snapshot(topic) or b""))]
    for _ in source.pages(page, wanted, 1.0, 0):
        for frame in page.frames():
            for book in books:
                book.take(json.loads(frame[2]))
        page.clear()
        books.append(Book(json.loads(source.snapshot(topic) or b"")))
        assert all(book.sides == books[0].sides for book in books)
    assert len(books) > 3


def test_one_level_comes_as_snapshots_only_and_again_after_three_quiet_seconds(make: Make, play: Play) -> None:
    source = make(symbols=12, rate=2.0)
    topic = "orderbook.1.BTCUSDT"
    told = [json.loads(source.snapshot(topic) or b"")]
    told += [json.loads(frame[2]) for frame in play(source, {topic}, 4 * 120)]

    assert {one["type"] for one in told} == {"snapshot"}
    assert {len(one["data"]["b"]) for one in told} == {1}
    repeated = 0
    for before, after in itertools.pairwise(told):
        same = before["data"]["u"] == after["data"]["u"]
        repeated += same
        assert after["data"]["u"] == before["data"]["u"] + (0 if same else 1)
        assert same is all(before["data"][side] == after["data"][side] for side in "ba")
        if same:
            assert after["ts"] - before["ts"] >= 3000
    assert 0 < repeated < len(told) - 1


def test_a_quiet_market_sends_nothing(make: Make, play: Play) -> None:
    source = make()
    topic = "orderbook.50.OMGUSDT"

    assert source.knows(topic)
    assert source.snapshot(topic) is not None
    assert play(source, {topic}, 40) == []


def test_messages_are_as_far_apart_as_the_venue_says(make: Make, play: Play) -> None:
    source = make(rate=4000.0)
    topics = {f"orderbook.{depth}.BTCUSDT" for depth in (50, 200, 1000)}
    for topic in topics:
        source.snapshot(topic)

    frames = play(source, topics, 40)

    assert [frame[0] for frame in frames] == sorted(frame[0] for frame in frames)
    for topic in topics:
        times = [frame[0] // 1_000_000 for frame in frames if frame[1] == topic]
        every = DEPTHS[int(topic.split(".")[1])]
        assert all(time % every == 0 for time in times)
        assert len(times) == len(set(times)) > 10


def test_a_restart_is_a_snapshot_with_u_1_and_goes_on_from_there(make: Make, play: Play) -> None:
    source = make()
    source.faults = Faults(book_restart=0.05)
    topic = "orderbook.50.BTCUSDT"
    _, told = follow(source, play, topic, 80)

    restarts = [one for one in told if one["type"] == "snapshot"]
    assert restarts
    assert {one["data"]["u"] for one in restarts} == {1}
    assert {len(one["data"]["a"]) for one in restarts} == {50}
    assert len(restarts) / len(told) == pytest.approx(0.05, abs=0.04)


def test_what_nobody_wants_any_more_is_begun_anew_with_a_higher_id(make: Make, play: Play) -> None:
    source = make()
    topic = "orderbook.50.BTCUSDT"
    first, _ = follow(source, play, topic, 20)
    play(source, set(), 20)

    again, _ = follow(source, play, topic, 20)

    assert again.update_id > first.update_id


@pytest.mark.parametrize(
    "topic", ["orderbook.500.BTCUSDT", "orderbook.x.BTCUSDT", "orderbook.50.NOSUCH", "orderbook.50", "tickers.BTCUSDT"]
)
def test_other_topics_are_no_books(make: Make, topic: str) -> None:
    source = make()

    assert BybitBooks(source.truth, source.books).find(topic) is None
    assert BybitBooks(source.truth, source.books).told(topic, 0) is None


def test_rest_tells_the_book_of_the_deepest_stream(make: Make, play: Play) -> None:
    source = make()
    topic = "orderbook.1000.BTCUSDT"
    book, _ = follow(source, play, topic, 21)

    ladder = source.ladder(0, 1000)

    assert ladder.update_id == book.update_id
    market = source.truth.markets[0]
    assert market is not None
    assert [[market.price(t), market.size(n)] for t, n in ladder.bids] == book.levels("b")
