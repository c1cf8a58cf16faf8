from typing import Any

import msgspec
import numpy as np
import pytest
from tests.build import MIDNIGHT, engine, instrument

from tidemark.engine.intake import Intake
from tidemark.engine.outputs import GapNoted, Output
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.ingest.venues import registry
from tidemark.market.closed import Closed, Revised
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.events import Listing
from tidemark.model.gap import Gap
from tidemark.model.timeframe import Timeframe
from tidemark.proof.simulation.invariants import Invariants
from tidemark.units import MINUTE, SECOND

GOOD = {"open": 10, "high": 12, "low": 9, "close": 11, "volume": 5.0, "turnover": 50.0, "bought": 2.0}


class Made:
    def __init__(self, intake: Intake | None = None) -> None:
        self.delivered: list[Output] = []
        self.ledger = Ledger()
        parser = registry.find("bybit").parser({})
        self.intake = intake or Intake(
            engine(), parser, self.ledger, deliver=self.delivered.extend, reject=lambda *_: None
        )
        self.intake.event(Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument()))
        self.intake.flush()
        self.invariants = Invariants(lambda: 12.5)
        self.invariants.attach(self.intake, self.ledger)

    def closes(self, minute: int, kind: type[Closed] = Closed, **changes: Any) -> None:
        figures = GOOD | {"marks": Origin.TRADES} | changes
        offset = figures.pop("offset", 0)
        output = kind(
            timeframe=Timeframe.M1,
            slots=np.array([0]),
            open_times=np.array([MIDNIGHT + minute * MINUTE + offset]),
            tick_sizes=np.array([0.1]),
            rows={
                name: np.array([value], np.float32 if isinstance(value, float) else np.int32)
                for name, value in figures.items()
            },
        )
        self.intake.deliver([output])


def test_good_candles_in_order_break_nothing_and_go_on_to_whoever_waits_for_them() -> None:
    made = Made()

    made.closes(0)
    made.closes(1)
    made.closes(0, Revised)
    nothing: dict[str, Any] = dict.fromkeys(GOOD, 0)
    made.closes(2, **nothing, marks=Origin.ABSENT)
    made.closes(3, bought=7.0, marks=Origin.EXCHANGE)

    assert made.invariants.broken == []
    assert made.invariants.outputs == len(made.delivered) == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"high": 10}, "a high below the rest"),
        ({"low": 11}, "a low above the rest"),
        ({"open": 0, "low": 0}, "no price"),
        ({"volume": -1.0}, "a negative or endless volume"),
        ({"volume": float("nan")}, "a negative or endless volume"),
        ({"bought": 5.1}, "more bought than traded"),
        ({"offset": 1}, "an open time off its grid"),
    ],
)
@pytest.mark.parametrize("kind", [Closed, Revised])
def test_a_candle_that_cannot_be_is_told_with_its_name_and_the_time(
    changes: dict[str, Any], words: str, kind: type[Closed]
) -> None:
    made = Made()

    made.closes(0, kind, **changes)

    assert any(
        words in line and "1m of BTCUSDT" in line and line.startswith("at 12.500 s") for line in made.invariants.broken
    )


@pytest.mark.parametrize("minutes", [(1, 1), (2, 1)])
def test_a_candle_closes_once_and_in_order(minutes: tuple[int, int]) -> None:
    made = Made()

    for minute in minutes:
        made.closes(minute)

    assert len(made.invariants.broken) == 1
    assert "comes again, or after a later one" in made.invariants.broken[0]


def test_after_a_restart_a_candle_may_close_again() -> None:
    made, again = Made(), Made()
    made.closes(1)
    made.invariants.attach(again.intake, again.ledger)
    again.closes(1)

    assert made.invariants.outputs == 2
    assert made.invariants.broken == []


def test_the_digest_is_that_of_all_that_was_given_out() -> None:
    digests = []
    for close in (11, 11, 10):
        made = Made()
        made.closes(0, close=close)
        digests.append(made.invariants.digest)

    assert digests[0] == digests[1] != digests[2]


def test_a_gap_that_ends_before_it_begins_is_told() -> None:
    made = Made()
    gap = Gap(venue="bybit", symbol="BTCUSDT", channel="trades", gap_from=MIDNIGHT, cause="x")

    made.intake.deliver([GapNoted(gap=gap), GapNoted(gap=msgspec.structs.replace(gap, gap_to=MIDNIGHT - 1))])

    assert len(made.invariants.broken) == 1
    assert "a gap ends before it begins" in made.invariants.broken[0]


def test_a_bound_that_breaks_is_told_once() -> None:
    made = Made()
    held = [10]
    made.ledger.external("library", cap_bytes=100, probe=lambda: held[0])

    made.invariants.look()
    assert made.invariants.broken == []
    held[0] = 200
    made.invariants.look()
    made.invariants.look()

    assert len(made.invariants.broken) == 1
    assert "library" in made.invariants.broken[0]


def test_a_book_that_can_be_read_and_is_crossed_is_told() -> None:
    venue = registry.find("bybit")
    size = EngineSize(
        series=2, retention={Timeframe.M1: 10}, tape_rows=10, is_numbered=False, batch_trades=100, grace_ns=SECOND,
        book_depth=50, book_rules=venue.book_rules,
    )  # fmt: skip
    holder = Engine(size, Ledger())
    made = Made(Intake(
        holder, venue.parser(holder.universe.slots), Ledger(), deliver=lambda _: None, reject=lambda *_: None
    ))  # fmt: skip
    made.intake.frame(
        b'{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1793491200000,"data":{"s":"BTCUSDT",'
        b'"b":[["10.0","1"]],"a":[["10.1","1"]],"u":7,"seq":9},"cts":1793491199990}',
        MIDNIGHT,
    )
    made.intake.flush()
    made.invariants.look()
    books = holder.books
    assert books is not None
    assert books.top(0) is not None
    assert made.invariants.broken == []

    # No message can do that, so it is written into the levels: the ask becomes a tick less than the bid.
    keys = books._books.columns["keys"][0]
    keys[1, 0] = 1 - keys[0, 0]
    made.invariants.look()

    assert len(made.invariants.broken) == 1
    assert "the book BTCUSDT can be read and is crossed" in made.invariants.broken[0]


def test_before_there_is_a_process_there_is_nothing_to_look_at() -> None:
    invariants = Invariants(lambda: 0.0)

    invariants.look()

    assert invariants.broken == []
