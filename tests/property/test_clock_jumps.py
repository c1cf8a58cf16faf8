"""A clock of ours that is set closes no candle sooner or later, and makes nothing stale."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.build import MIDNIGHT, engine

from tidemark.analysis.analysis import Analysis, Weights
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import Output
from tidemark.errors import FrameError
from tidemark.market.closed import Closed
from tidemark.market.freshness import Fresh, Stale
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import ClockJump, ServerTime, StreamGap
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, SECOND

LATENCY = 40 * MILLISECOND
HOUR_S = 3600
TEN_YEARS_S = 315_360_000


class Parser:
    """A frame is the exchange's time of one trade."""

    fallbacks = 0

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: Batch) -> None:
        ts = int(bytes(frame))
        assert batch.trades.append(0, ts, ts_recv, ts, ts, 100.0 + ts // SECOND % 7, 1.0, True)


def refuse(error: FrameError, frame: bytes | memoryview) -> None:
    raise AssertionError((error, bytes(frame)))


class World:
    """The engine, told by a clock of ours that is *step* away from the exchange's after the jump, and 0 before."""

    def __init__(self, weights: Weights | None = None) -> None:
        self.outputs: list[Output] = []
        self.engine = engine(weights=weights)
        self.intake = Intake(self.engine, Parser(), Ledger(), deliver=self.outputs.extend, reject=refuse)
        self.step = 0
        self.intake.event(ServerTime(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, round_trip=MILLISECOND))

    def live(self, seconds: Sequence[int], trades: set[int]) -> None:
        """Each of these seconds in turn, with a trade in some."""
        for second in seconds:
            now = MIDNIGHT + second * SECOND
            self.intake.pass_time(now + self.step)
            if second in trades:
                self.intake.frame(b"%d" % (now - LATENCY), now + self.step)
        self.intake.flush()

    def jump(self, at: int, step_s: int) -> None:
        self.step += step_s * SECOND
        now = MIDNIGHT + at * SECOND + self.step
        self.intake.event(ClockJump(ts_event=now, ts_recv=now, step_ns=step_s * SECOND))

    def closed(self) -> list[tuple[str, list[int], list[int], list[bytes]]]:
        return [
            (one.timeframe.value, one.slots.tolist(), one.open_times.tolist(), [c.tobytes() for c in one.rows.values()])
            for one in self.outputs
            if isinstance(one, Closed)
        ]

    def analysis(self) -> Analysis:
        assert self.engine.analysis is not None
        return self.engine.analysis

    def verdicts(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(one.channel, one.slots) for one in self.outputs if isinstance(one, Stale | Fresh)]


@given(
    trades=st.sets(st.integers(1, 199), min_size=1),
    at=st.integers(1, 198),
    step_s=st.integers(-TEN_YEARS_S, TEN_YEARS_S).filter(bool),
)
@example(trades=set(range(1, 199)), at=65, step_s=HOUR_S)
@example(trades=set(range(1, 199)), at=65, step_s=-HOUR_S)
@example(trades=set(range(1, 100)), at=65, step_s=1)
@example(trades=set(range(1, 100)), at=65, step_s=-1)
@example(trades=set(range(1, 199)), at=65, step_s=TEN_YEARS_S)
def test_a_jump_changes_no_candle_and_no_verdict(trades: set[int], at: int, step_s: int) -> None:
    still, jumped = World(), World()

    still.live(range(1, 200), trades)
    jumped.live(range(1, at + 1), trades)
    jumped.jump(at, step_s)
    jumped.live(range(at + 1, 200), trades)

    assert jumped.closed() == still.closed()
    assert jumped.verdicts() == still.verdicts()
    assert jumped.engine.candles.time.frontier == still.engine.candles.time.frontier
    assert jumped.engine.counters == still.engine.counters
    assert jumped.engine.reading(0, "trades").age_s == still.engine.reading(0, "trades").age_s


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S, 7, TEN_YEARS_S])
def test_a_jump_changes_no_score(step_s: int) -> None:
    still, jumped = World(Weights()), World(Weights())
    for world in (still, jumped):
        world.intake.event(
            StreamGap(
                ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="bybit", channel="trades", symbols=("BTCUSDT",),
                gap_to=MIDNIGHT, cause="start",
            )
        )  # fmt: skip
    trades = {second for second in range(1, 700) if second % 7 not in (2, 3)}

    still.live(range(1, 700), trades)
    jumped.live(range(1, 401), trades)
    jumped.jump(400, step_s)
    jumped.live(range(401, 700), trades)

    before, after = still.analysis(), jumped.analysis()
    assert before.scores is not None
    assert after.scores is not None
    assert before.moment.panel.is_known[0].any()
    assert after.scored_at - before.scored_at == step_s * SECOND
    np.testing.assert_array_equal(after.moment.panel.is_known, before.moment.panel.is_known)
    np.testing.assert_allclose(after.moment.panel.value, before.moment.panel.value, rtol=1e-6)
    np.testing.assert_allclose(after.scores.points, before.scores.points, atol=1e-9)
    np.testing.assert_array_equal(after.age_ns(Timeframe.M1), before.age_ns(Timeframe.M1))


def test_without_the_event_the_same_jump_would_close_candles_early() -> None:
    """What the event is for: the jump alone moves the exchange's time as we believe it."""
    world = World()
    world.live(range(1, 66), set(range(1, 66)))
    before = world.engine.candles.time.frontier_ns

    world.step += HOUR_S * SECOND
    world.live(range(66, 68), set())

    assert world.engine.candles.time.frontier_ns > before + 3500 * SECOND


def test_ticks_go_on_at_once_after_a_clock_was_set_back() -> None:
    world = World()
    world.live(range(1, 66), set())

    world.jump(65, -HOUR_S)
    ticks = world.intake.pass_time(MIDNIGHT + 67 * SECOND - HOUR_S * SECOND)

    assert [tick.ts_recv - MIDNIGHT for tick in ticks] == [(66 - HOUR_S) * SECOND, (67 - HOUR_S) * SECOND]


def test_a_clock_that_was_set_far_ahead_is_told_no_seconds_that_were_not_lived() -> None:
    world = World()
    world.live(range(1, 66), set())

    world.jump(65, TEN_YEARS_S)
    ticks = world.intake.pass_time(MIDNIGHT + (66 + TEN_YEARS_S) * SECOND)

    assert len(ticks) == 1


def test_the_exchanges_own_word_counts_at_once_after_a_jump() -> None:
    world = World()
    world.live(range(1, 66), set(range(1, 66)))
    world.jump(65, HOUR_S)
    assert world.engine.candles.time.offset_ns == -LATENCY - HOUR_S * SECOND

    at = MIDNIGHT + 66 * SECOND + world.step
    world.intake.event(ServerTime(ts_event=MIDNIGHT + 66 * SECOND, ts_recv=at, round_trip=MILLISECOND))

    assert world.engine.candles.time.skew_ns == -HOUR_S * SECOND
