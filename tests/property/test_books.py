"""The book kernel against a plain dict of levels, over random streams, in both of its modes."""

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import book as built
from tidemark.kernels.book_columns import BookColumns
from tidemark.market import books as market
from tidemark.market.books import Books, BookTurn
from tidemark.memory.ledger import Ledger
from tidemark.model.book import BookBreak, BookRules
from tidemark.model.events import BookSnapshot

MODULES = {"built": built, "plain": load_pure("book")}
SERIES = 2
Level = tuple[float, float]


class M(NamedTuple):
    """One message of the stream."""

    slot: int
    is_snapshot: bool
    update: int
    previous: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Model:
    """One book, as plainly as it can be said."""

    def __init__(self) -> None:
        self.sides: tuple[dict[float, float], dict[float, float]] = ({}, {})
        self.last = 0
        self.is_synced = False
        self.is_joining = False
        self.turns: list[tuple[bool, BookBreak]] = []
        self.reason = BookBreak.NONE

    def take(self, message: M) -> None:
        if message.is_snapshot:
            self.sides = ({}, {})
        elif not self.is_synced:
            return
        elif message.previous < 0:
            if message.update <= self.last:
                return
            if message.update != self.last + 1:
                self.lose(BookBreak.GAP)
                return
        else:
            if message.update < self.last or (message.update == self.last and not self.is_joining):
                return
            follows = message.previous <= self.last if self.is_joining else message.previous == self.last
            if not follows:
                self.lose(BookBreak.GAP)
                return
        for side, levels in zip(self.sides, (message.bids, message.asks), strict=True):
            for price, size in levels:
                if size == 0:
                    side.pop(price, None)
            for price, size in reversed(levels):
                if size:
                    side[price] = size
        bids, asks = self.sides
        if bids and asks and max(bids) >= min(asks):
            self.lose(BookBreak.CROSSED)
            return
        self.last = message.update
        self.is_joining = message.is_snapshot
        if message.is_snapshot and not self.is_synced:
            self.is_synced = True
            self.turns.append((True, self.reason))

    def lose(self, reason: BookBreak) -> None:
        self.reason = reason
        self.sides = ({}, {})
        if self.is_synced:
            self.turns.append((False, reason))
        self.is_synced = False
        self.is_joining = False


def levels_near(first: int, last: int, *, removes: bool) -> st.SearchStrategy[tuple[Level, ...]]:
    size = st.integers(0 if removes else 1, 3).map(float)
    price = st.integers(first, last).map(lambda tick: tick / 10)
    return st.lists(st.tuples(price, size), max_size=8, unique_by=lambda level: level[0]).map(tuple)


@st.composite
def streams(draw: st.DrawFn) -> list[M]:
    """Mostly sound messages: ids that follow each other, sides that seldom meet."""
    is_chained = draw(st.booleans())
    last = [10, 10]
    found = []
    for _ in range(draw(st.integers(1, 25))):
        slot = draw(st.integers(0, SERIES - 1))
        is_snapshot = draw(st.integers(0, 5)) == 0
        slip = draw(st.sampled_from([0] * 12 + [1, -1, -3]))
        step = draw(st.integers(1, 3)) if is_chained else 1
        previous = last[slot] + slip if is_chained and not is_snapshot else -1
        update = last[slot] + step + slip
        top = draw(st.sampled_from([1000, 1000, 1000, 1003]))
        found.append(
            M(
                slot,
                is_snapshot,
                max(update, 0),
                previous,
                draw(levels_near(985, top, removes=not is_snapshot)),
                draw(levels_near(1001, 1016, removes=not is_snapshot)),
            )
        )
        last[slot] = max(update, 0)
    return found


def made(monkeypatch: pytest.MonkeyPatch, module: str, rules: BookRules, depth: int = 50) -> Books:
    monkeypatch.setattr(market, "kernel", MODULES[module])
    books = Books(series=SERIES, depth=depth, rules=rules, ledger=Ledger())
    for slot in range(SERIES):
        books.join(slot, 0.1)
    return books


def columns(messages: list[M], first: int = 0) -> BookColumns:
    filled = BookColumns(max(len(messages), 1), 1000)
    for at, one in enumerate(messages, start=first):
        assert filled.append(one.slot, one.is_snapshot, at, at, -1, one.update, one.previous, one.bids, one.asks)
    return filled


def read(books: Books, slot: int) -> object:
    levels = books.levels(slot, 50)
    return None if levels is None else (levels.bids.tolist(), levels.asks.tolist(), levels.update_id)


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=150, deadline=None)
@given(messages=streams())
def test_every_book_is_that_of_a_dict(module: str, messages: list[M]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        books = made(patch, module, BookRules(windows=(50,), resyncs_by_rest=False))
        models = [Model() for _ in range(SERIES)]

        turns = books.apply(columns(messages))

        for one in messages:
            models[one.slot].take(one)
        for slot, model in enumerate(models):
            expected = (
                [[p, s] for p, s in sorted(model.sides[0].items(), reverse=True)],
                [[p, s] for p, s in sorted(model.sides[1].items())],
                model.last,
            )
            assert read(books, slot) == (expected if model.is_synced else None)
            assert [(turn.is_synced, turn.reason) for turn in turns if turn.slot == slot] == model.turns


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=100, deadline=None)
@given(messages=streams(), at=st.lists(st.integers(0, 25), max_size=4), by_rest=st.booleans())
def test_how_the_stream_is_cut_into_batches_makes_no_difference(
    module: str, messages: list[M], at: list[int], by_rest: bool
) -> None:
    rules = BookRules(windows=() if by_rest else (50,), resyncs_by_rest=by_rest)
    with pytest.MonkeyPatch.context() as patch:
        whole, cut = (made(patch, module, rules, depth=2) for _ in range(2))
        edges = sorted({0, len(messages), *(edge for edge in at if edge < len(messages))})

        told = whole.apply(columns(messages))
        pieces: list[BookTurn] = []
        for first, last in pairwise(edges):
            pieces += cut.apply(columns(messages[first:last], first))

        assert pieces == told
        assert cut.counters == whole.counters
        assert [read(cut, slot) for slot in range(SERIES)] == [read(whole, slot) for slot in range(SERIES)]
        assert [cut.status(slot) for slot in range(SERIES)] == [whole.status(slot) for slot in range(SERIES)]


@st.composite
def whole_books(draw: st.DrawFn) -> tuple[list[M], int]:
    """A chained stream of changes of a whole book, wide of the middle, and where in it a snapshot is taken."""
    found = []
    last = 100
    middle = 2000
    for _ in range(draw(st.integers(2, 30))):
        update = last + draw(st.integers(1, 3))
        middle += draw(st.integers(-3, 3))
        # Levels on the wrong side of the middle are gone, as in any book.
        gone_bids = tuple((tick / 10, 0.0) for tick in range(middle, middle + 8))
        gone_asks = tuple((tick / 10, 0.0) for tick in range(middle - 7, middle + 1))
        bids = draw(levels_near(middle - 40, middle - 1, removes=True))
        asks = draw(levels_near(middle + 1, middle + 40, removes=True))
        found.append(M(0, False, update, last, bids + gone_bids, asks + gone_asks))
        last = update
    return found, draw(st.integers(0, len(found) - 1))


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=150, deadline=None)
@given(stream=whole_books(), late=st.integers(0, 6), depth=st.integers(1, 3))
def test_what_is_known_of_a_cut_book_is_true(module: str, stream: tuple[list[M], int], late: int, depth: int) -> None:
    """A snapshot joins deltas that waited for it; from then on the known levels are the best ones of the whole book."""
    messages, taken = stream
    with pytest.MonkeyPatch.context() as patch:
        books = made(patch, module, BookRules(resyncs_by_rest=True), depth)
        whole = Model()
        whole.is_synced, whole.last = True, 100
        stored = BookRules(resyncs_by_rest=True).levels(depth)
        told: BookSnapshot | None = None
        for at, one in enumerate(messages):
            books.apply(columns([one], at))
            whole.take(one)
            assert whole.is_synced
            if at == taken:
                told = BookSnapshot(
                    ts_event=at,
                    ts_recv=at,
                    symbol="X",
                    update_id=one.update,
                    bids=tuple(sorted(whole.sides[0].items(), reverse=True))[:stored],
                    asks=tuple(sorted(whole.sides[1].items()))[:stored],
                )
            if told is not None and at == min(taken + late, len(messages) - 1):
                assert books.wanting() == [0]
                turns = books.snapshot(0, told)
                assert [turn.is_synced for turn in turns][:1] == [True]
                assert books.counters.too_old == 0
            known = books.levels(0, 50)
            if known is not None:
                bids, asks = sorted(whole.sides[0].items(), reverse=True), sorted(whole.sides[1].items())
                assert known.bids.tolist() == [list(level) for level in bids[: len(known.bids)]]
                assert known.asks.tolist() == [list(level) for level in asks[: len(known.asks)]]
                assert known.update_id == one.update
                if not books.status(0).is_thin:
                    assert len(known.bids) >= min(depth, len(bids))
                    assert len(known.asks) >= min(depth, len(asks))
        breaks = books.status(0).breaks
        assert set(breaks) <= {BookBreak.THIN}
