import pytest
from tests.build import MIDNIGHT, engine

from tidemark.engine.intake import BATCH_EVENTS, FRAME_ROWS, Intake
from tidemark.engine.outputs import Output
from tidemark.errors import FrameError
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import ClockJump, StreamGap, TickerUpdate
from tidemark.units import HOUR, SECOND


class Parser:
    """A parser of frames like b"3 trades 2 events", for BTCUSDT at one price; b"bad" is refused."""

    fallbacks = 0

    def __init__(self) -> None:
        self.number = 0

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: Batch) -> None:
        if frame == b"bad":
            raise FrameError("malformed", "bad frame")
        trades, _, events, _ = bytes(frame).split()
        for _ in range(int(trades)):
            self.number += 1
            assert batch.trades.append(0, ts_recv - 7, ts_recv, self.number, self.number, 100.0, 1.0, True)
        for _ in range(int(events)):
            batch.add(TickerUpdate(ts_event=ts_recv - 9, ts_recv=ts_recv, symbol="BTCUSDT", last=1.0))


class Made:
    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.rejected: list[tuple[str, bytes]] = []
        self.ledger = Ledger()
        self.engine = engine()
        self.intake = Intake(
            self.engine,
            Parser(),
            self.ledger,
            deliver=self.outputs.extend,
            reject=lambda error, frame: self.rejected.append((error.kind, bytes(frame))),
        )


def test_frames_gather_until_they_are_asked_for() -> None:
    made = Made()

    told = [made.intake.frame(frame, MIDNIGHT) for frame in (b"2 trades 1 events", b"0 trades 1 events", b"0 t 0 e")]

    assert told == [MIDNIGHT - 7, MIDNIGHT - 9, 0]
    assert made.engine.counters.trades == 0
    made.intake.flush()
    assert (made.engine.counters.trades, made.engine.counters.tickers, made.intake.frames) == (2, 2, 3)


def test_a_frame_that_cannot_be_used_is_counted_and_handed_on() -> None:
    made = Made()

    assert made.intake.frame(b"bad", MIDNIGHT) == 0

    assert made.rejected == [("malformed", b"bad")]
    assert (made.intake.frames, made.intake.rejected) == (1, 1)


def test_a_batch_never_takes_more_than_it_was_made_for() -> None:
    made = Made()

    for _ in range(7):
        made.intake.frame(b"%d trades 0 events" % FRAME_ROWS, MIDNIGHT)
        assert made.ledger.violations() == []
    for _ in range(7):
        made.intake.frame(b"0 trades %d events" % FRAME_ROWS, MIDNIGHT)
        assert made.intake.usage().used <= BATCH_EVENTS
        assert made.ledger.violations() == []
    made.intake.flush()

    assert made.engine.counters.trades == 7 * FRAME_ROWS
    assert made.engine.counters.tickers == 7 * FRAME_ROWS


def test_an_event_that_does_not_commute_takes_effect_behind_what_came_before_it() -> None:
    made = Made()
    made.intake.frame(b"1 trades 0 events", MIDNIGHT + SECOND)

    made.intake.event(
        StreamGap(
            ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="bybit", channel="trades", symbols=(), gap_from=MIDNIGHT,
            cause="x",
        )
    )  # fmt: skip

    assert (made.engine.counters.trades, made.engine.counters.gaps) == (1, 1)


def test_an_event_that_commutes_waits_with_the_others() -> None:
    made = Made()

    made.intake.event(TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="BTCUSDT", last=1.0))

    assert made.engine.counters.tickers == 0
    assert made.intake.usage().used == 1


def test_every_whole_second_is_told_once() -> None:
    made = Made()
    made.intake.pass_time(MIDNIGHT + SECOND // 2)

    ticks = made.intake.pass_time(MIDNIGHT + 3 * SECOND + 1)
    again = made.intake.pass_time(MIDNIGHT + 3 * SECOND + 2)
    back = made.intake.pass_time(MIDNIGHT)

    assert [tick.ts_recv - MIDNIGHT for tick in ticks] == [SECOND, 2 * SECOND, 3 * SECOND]
    assert again == back == []
    assert made.intake.ticked_at == MIDNIGHT + 3 * SECOND


def test_a_long_jump_is_told_as_one_tick() -> None:
    made = Made()
    made.intake.pass_time(MIDNIGHT)

    ticks = made.intake.pass_time(MIDNIGHT + HOUR)

    assert [tick.ts_recv for tick in ticks] == [MIDNIGHT + HOUR]


@pytest.mark.parametrize("step_s", [3600, -3600])
def test_ticks_go_on_from_where_our_clock_was_set_to(step_s: int) -> None:
    made = Made()
    made.intake.pass_time(MIDNIGHT + 10 * SECOND)
    now = MIDNIGHT + (10 + step_s) * SECOND + SECOND // 2

    made.intake.event(ClockJump(ts_event=now, ts_recv=now, step_ns=step_s * SECOND))
    ticks = made.intake.pass_time(now + SECOND)

    assert [tick.ts_recv - MIDNIGHT for tick in ticks] == [(11 + step_s) * SECOND]


def test_what_closes_is_delivered() -> None:
    made = Made()
    made.intake.frame(b"1 trades 0 events", MIDNIGHT + SECOND)

    made.intake.pass_time(MIDNIGHT + 13 * SECOND)

    assert [type(output) for output in made.outputs] == [Closed]


def test_it_takes_what_it_reserved() -> None:
    made = Made()

    assert made.intake.reservation == Intake.reserve()
    assert made.ledger.violations() == []
