import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import freshness as built
from tidemark.market.level import Array
from tidemark.units import SECOND

MODES = [built, load_pure("freshness")]
FLOOR, STARTUP = 10 * SECOND, 60 * SECOND
TICKERS, TRADES = 0, 1


class State:
    """Two series with two channels: tickers (rule 1) and trades (rule 2), alive since 1 s."""

    def __init__(self, mode: object) -> None:
        self.mode = mode
        shape = (2, 2)
        self.heard, self.stamped, self.anchor, self.messages, self.alive, self.suspected = (
            np.zeros(shape, np.int64) for _ in range(6)
        )
        self.mean = np.zeros(shape, np.float64)
        self.dead, self.stale = (np.zeros(shape, np.uint8) for _ in range(2))
        self.moved = np.zeros(2, np.int64)
        self.last, self.volume = np.zeros(2), np.zeros(2)
        self.listed = np.ones(2, np.uint8)
        self.rules = np.array([1, 2], np.uint8)
        self.changed = np.zeros((2, 4), np.int32)
        self.alive[:] = SECOND

    def hear(self, channel: int, *rows: tuple[int, int]) -> None:
        """Rows of (slot, receive time); the exchange's stamp is 1 ns earlier."""
        slot = np.array([row[0] for row in rows], np.int32)
        recv = np.array([row[1] for row in rows], np.int64)
        self.hearing().rows(slot, recv - 1, recv, len(rows), channel)

    def hearing(self) -> built.Hearing:
        arrays = (
            self.heard, self.stamped, self.anchor, self.mean, self.messages, self.moved, self.last, self.volume,
        )  # fmt: skip
        hearing: built.Hearing = self.mode.Hearing(arrays, float(FLOOR))  # type: ignore[attr-defined]
        return hearing

    def judge(self, now: int) -> list[tuple[int, int]]:
        count = self.mode.judge(  # type: ignore[attr-defined]
            now, self.listed, self.rules, TICKERS, FLOOR, 5.0, STARTUP, self.heard, self.mean, self.messages,
            self.alive, self.dead, self.stale, self.moved, self.suspected, TRADES, self.changed[0], self.changed[1],
        )  # fmt: skip
        return [(int(s), int(c)) for s, c in self.changed[:, :count].T]


@pytest.fixture(params=MODES, ids=["built", "pure"])
def state(request: pytest.FixtureRequest) -> State:
    return State(request.param)


def row(column: Array) -> list[int]:
    found: list[int] = column.ravel().tolist()
    return found


def test_what_came_in_one_read_counts_as_one_message(state: State) -> None:
    state.hear(TRADES, (0, 2 * SECOND), (0, 2 * SECOND), (0, 2 * SECOND), (0, 4 * SECOND))

    assert state.messages[0, TRADES] == 1
    assert state.mean[0, TRADES] == 2 * SECOND
    assert (state.heard[0, TRADES], state.stamped[0, TRADES]) == (4 * SECOND, 4 * SECOND - 1)


def test_the_first_eight_gaps_are_averaged_and_later_ones_weigh_a_thirty_second(state: State) -> None:
    state.hear(TRADES, *((0, n * SECOND) for n in range(1, 10)))
    state.hear(TRADES, (0, 14 * SECOND))

    # Eight gaps of 1 s, then one of 5 s: 1 + (5 - 1) / 32.
    assert state.messages[0, TRADES] == 9
    assert state.mean[0, TRADES] == 1.125 * SECOND


def test_one_long_silence_moves_a_learned_mean_by_ten_of_it_or_the_floor_at_most(state: State) -> None:
    state.hear(TRADES, *((0, n * SECOND) for n in range(1, 10)))
    state.hear(TRADES, (0, 100_009 * SECOND))

    # 10 s count, both as the floor and as ten means: 1 + (10 - 1) / 32.
    assert state.mean[0, TRADES] == 1.28125 * SECOND


def test_one_message_is_a_row_of_its_own(state: State) -> None:
    for at in (1, 3):
        state.hearing().one(1, TRADES, at * SECOND - 5, at * SECOND)

    assert (state.heard[1, TRADES], state.stamped[1, TRADES], state.mean[1, TRADES]) == (
        3 * SECOND, 3 * SECOND - 5, 2 * SECOND,
    )  # fmt: skip


def test_a_ticker_that_moves_tells_of_a_trade_after_the_ticker_before(state: State) -> None:
    told = []
    fields = [(100.0, 5.0), (100.0, None), (None, 4.0), (None, 4.5), (99.0, None), (None, None)]
    for second, (last, volume) in enumerate(fields, 1):
        state.hearing().ticker(0, TICKERS, second * SECOND, second * SECOND, last, volume)
        told.append(int(state.moved[0]) // SECOND)

    # A volume that falls tells of none, one that grows and a price that changes do.
    assert told == [0, 0, 0, 3, 4, 4]
    assert (state.last[0], state.volume[0], state.heard[0, TICKERS]) == (99.0, 4.5, 6 * SECOND)


def test_series_and_channels_are_learned_apart_however_they_are_cut(state: State) -> None:
    rows = [(n % 2, (n + 1) * SECOND) for n in range(20)]
    other = State(state.mode)

    state.hear(TICKERS, *rows)
    for one in rows:
        other.hear(TICKERS, one)

    assert row(state.mean) == row(other.mean) == [2 * SECOND, 0, 2 * SECOND, 0]
    assert row(state.messages) == row(other.messages) == [9, 0, 9, 0]


def test_a_channel_that_speaks_by_itself_is_stale_after_the_floor(state: State) -> None:
    state.hear(TICKERS, *((0, n * SECOND) for n in range(1, 12)))

    assert state.judge(21 * SECOND) == []
    assert state.judge(21 * SECOND + 1) == [(0, TICKERS)]
    assert state.judge(22 * SECOND) == []
    state.hear(TICKERS, (0, 23 * SECOND))
    assert state.judge(23 * SECOND) == [(0, TICKERS)]
    assert state.stale[0, TICKERS] == 0


def test_one_that_never_spoke_is_given_the_time_to_start(state: State) -> None:
    assert state.judge(61 * SECOND) == []
    assert state.judge(61 * SECOND + 1) == [(0, TICKERS), (1, TICKERS)]
    assert row(state.stale) == [1, 0, 1, 0]


def test_a_slow_channel_is_stale_after_five_of_its_own_gaps(state: State) -> None:
    state.hear(TICKERS, *((0, n * 4 * SECOND) for n in range(1, 12)))

    assert state.judge(64 * SECOND) == [(1, TICKERS)]
    assert state.judge(64 * SECOND + 1) == [(0, TICKERS)]


def test_trades_that_stop_while_the_ticker_stands_still_are_quiet(state: State) -> None:
    state.hear(TRADES, *((0, n * SECOND) for n in range(1, 12)))
    for n in range(1, 300):
        state.hear(TICKERS, (0, n * SECOND), (1, n * SECOND))
        assert state.judge(n * SECOND) == []


def test_trades_that_stop_while_the_ticker_moves_are_stale_at_the_floor(state: State) -> None:
    state.hear(TRADES, *((0, n * SECOND) for n in range(1, 12)))
    verdicts = {}
    for n in range(1, 30):
        state.hear(TICKERS, (0, n * SECOND), (1, n * SECOND))
        state.moved[0] = n * SECOND
        verdicts[n] = state.judge(n * SECOND)

    # The last trade came at 11 s.
    assert {n: found for n, found in verdicts.items() if found} == {22: [(0, TRADES)]}


def test_trades_never_heard_are_stale_when_the_ticker_tells_of_some(state: State) -> None:
    state.hear(TICKERS, (0, 5 * SECOND), (1, 5 * SECOND))
    state.moved[1] = 5 * SECOND

    assert state.judge(9 * SECOND) == []
    assert state.judge(11 * SECOND) == []
    assert state.judge(11 * SECOND + 1) == [(1, TRADES)]


def test_without_a_ticker_the_pace_of_the_trades_decides(state: State) -> None:
    state.dead[:, TICKERS] = 1
    state.hear(TRADES, *((0, n * SECOND) for n in range(1, 12)))

    assert state.judge(21 * SECOND) == []
    assert state.judge(22 * SECOND) == [(0, TRADES)]


def test_what_is_in_a_gap_is_not_stale_too(state: State) -> None:
    assert state.judge(62 * SECOND) == [(0, TICKERS), (1, TICKERS)]

    state.dead[:] = 1

    assert state.judge(63 * SECOND) == []
    assert row(state.stale) == [0, 0, 0, 0]


def test_an_empty_slot_and_a_channel_of_rule_0_are_not_judged(state: State) -> None:
    state.listed[0] = 0
    state.rules[TICKERS] = 0

    assert state.judge(1000 * SECOND) == []
