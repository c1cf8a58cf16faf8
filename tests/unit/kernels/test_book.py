from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import book as built
from tidemark.kernels.book_columns import BookColumns

MODULES = {"built": built, "plain": load_pure("book")}
Level = tuple[float, float]
# Columns of the state and counters, as in the kernel.
SYNCED, REASON, LAST_ID, LEVELS, IS_THIN, SEEN, ROOM = 0, 1, 2, 7, 11, 12, 13
DELTAS, SNAPSHOTS, STALE, BUFFERED, DROPPED, REFILLS, TOO_OLD = range(7)
GAP, CROSSED, OFF_TICK, THIN = 1, 2, 3, 6


class Made:
    """Ladders of two series with a tick of 0.5, and the arrays behind them."""

    def __init__(
        self, module: ModuleType, *, levels: int, by_rest: bool, rooms: int = 2, messages: int = 4, series: int = 2
    ) -> None:
        self.keys = np.zeros((series, 2, levels), np.int64)
        self.sizes = np.zeros((series, 2, levels))
        self.state = np.zeros((series, module.COLUMNS), np.int64)
        self.breaks = np.zeros((series, module.REASONS), np.int64)
        self.counters = np.zeros(module.COUNTERS, np.int64)
        self.turns = np.zeros((series + 8, module.TURN), np.int64)
        self.rooms = np.zeros((rooms, module.ROOM_COLUMNS), np.int64)
        arrays = (
            self.keys,
            self.sizes,
            self.state,
            np.full(series, 2.0),
            self.breaks,
            self.counters,
            self.rooms,
            np.zeros((rooms, messages, module.WAITING), np.int64),
            np.zeros((rooms, 8)),
            np.zeros((rooms, 8)),
            self.turns,
        )
        self.ladders = module.Ladders(arrays, not by_rest, by_rest)

    def give(
        self,
        update: int,
        bids: Sequence[Level] = (),
        asks: Sequence[Level] = (),
        *,
        slot: int = 0,
        previous: int = -1,
        is_snapshot: bool = False,
        at: int = 1,
    ) -> None:
        filled = BookColumns(1, 100)
        assert filled.append(slot, is_snapshot, at, at, -1, update, previous, tuple(bids), tuple(asks))
        assert self.ladders.apply(filled.arrays, 0, 1) == 1

    def settle(self, update: int, bids: Sequence[Level], asks: Sequence[Level], slot: int = 0, at: int = 1) -> bool:
        rows = np.array([*bids, *asks], np.float64).reshape(-1, 2)
        levels = (np.ascontiguousarray(rows[:, 0]), np.ascontiguousarray(rows[:, 1]))
        return bool(self.ladders.settle(slot, at, at, update, levels, len(bids), len(asks)))

    def side(self, side: int, slot: int = 0) -> list[Level]:
        """Best first."""
        held = int(self.state[slot, LEVELS + side])
        sign = (1, -1)[side]
        keys, sizes = self.keys[slot, side, :held][::-1], self.sizes[slot, side, :held][::-1]
        return [(sign * key / 2, size) for key, size in zip(keys.tolist(), sizes.tolist(), strict=True)]

    def read_turns(self) -> list[list[int]]:
        count, self.ladders.turned = self.ladders.turned, 0
        rows: list[list[int]] = self.turns[:count].tolist()
        return rows


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return MODULES[request.param]


def window(module: ModuleType) -> Made:
    """A book of three levels, in sync at update 10."""
    made = Made(module, levels=3, by_rest=False)
    made.give(10, [(10.0, 1.0), (9.5, 2.0), (9.0, 3.0)], [(10.5, 1.0), (11.0, 2.0), (11.5, 3.0)], is_snapshot=True)
    made.read_turns()
    return made


def test_a_full_window_that_moves_loses_no_level(module: ModuleType) -> None:
    made = window(module)

    made.give(11, [(8.5, 4.0), (10.0, 0.0)], [(10.0, 5.0), (11.5, 0.0)])

    assert made.side(0) == [(9.5, 2.0), (9.0, 3.0), (8.5, 4.0)]
    assert made.side(1) == [(10.0, 5.0), (10.5, 1.0), (11.0, 2.0)]
    assert made.state[0, IS_THIN] == 0


def test_sizes_change_and_removing_what_is_not_there_is_nothing(module: ModuleType) -> None:
    made = window(module)

    made.give(11, [(9.5, 7.0), (8.0, 0.0)], [(12.0, 0.0)])

    assert made.side(0) == [(10.0, 1.0), (9.5, 7.0), (9.0, 3.0)]
    assert len(made.side(1)) == 3


@pytest.mark.parametrize(
    ("update", "bids", "reason"),
    [(12, [], GAP), (11, [(10.5, 1.0)], CROSSED), (11, [(9.75, 1.0)], OFF_TICK), (11, [(9.75, 0.0)], OFF_TICK),
     (11, [(0.1, 1.0)], OFF_TICK), (11, [(1e16, 1.0)], OFF_TICK)],
)  # fmt: skip
def test_what_cannot_be_breaks_the_book(module: ModuleType, update: int, bids: list[Level], reason: int) -> None:
    made = window(module)

    made.give(update, bids, at=7)

    assert made.read_turns() == [[0, 0, reason, 7, 0]]
    assert (made.state[0, SYNCED], made.state[0, REASON], made.state[0, SEEN]) == (0, reason, 1)
    assert (made.side(0), made.side(1)) == ([], [])
    assert made.breaks[0, reason] == made.counters[8 + reason] == 1


def test_stale_deltas_are_skipped(module: ModuleType) -> None:
    made = window(module)

    made.give(10, [(9.5, 9.0)])
    made.give(4, [(9.5, 9.0)])

    assert made.side(0)[1] == (9.5, 2.0)
    assert made.counters[STALE] == 2
    assert made.read_turns() == []


def test_a_snapshot_resets_whatever_was_there(module: ModuleType) -> None:
    made = window(module)

    made.give(1, [(5.0, 1.0)], [(5.5, 1.0)], is_snapshot=True)
    made.give(2, [(5.0, 2.0)])

    assert (made.side(0), made.side(1)) == ([(5.0, 2.0)], [(5.5, 1.0)])
    assert made.read_turns() == []


def test_a_crossed_snapshot_leaves_the_book_out_of_sync(module: ModuleType) -> None:
    made = window(module)

    made.give(20, [(10.0, 1.0)], [(10.0, 1.0)], is_snapshot=True, at=5)
    made.give(30, [(9.0, 1.0)], [(10.0, 1.0)], is_snapshot=True, at=9)

    assert made.read_turns() == [[0, 0, CROSSED, 5, 0], [0, 1, CROSSED, 9, 4]]


def whole(module: ModuleType, depth: int = 2) -> Made:
    """A book of which four levels are kept, joined at update 100 to a stream that names the update before."""
    made = Made(module, levels=4, by_rest=True)
    made.ladders.shape(depth, 4)
    made.give(100, previous=95)
    bids, asks = ([(middle + step / 2, 1.0) for step in steps] for middle, steps in ((10, (0, -1, -2, -3, -4)),
                                                                                    (10.5, range(5))))  # fmt: skip
    assert made.settle(100, bids, asks)
    made.read_turns()
    return made


def test_a_snapshot_by_rest_joins_the_deltas_that_waited(module: ModuleType) -> None:
    made = Made(module, levels=4, by_rest=True)

    made.give(90, [(8.0, 1.0)], previous=80, at=1)
    made.give(100, [(9.0, 9.0)], previous=90, at=2)
    made.give(110, [(9.5, 8.0)], previous=100, at=3)
    assert made.state[0, ROOM] == 1
    assert made.settle(95, [(9.0, 1.0)], [(10.0, 1.0)], at=5)

    assert made.read_turns() == [[0, 1, 0, 5, 4]]
    assert made.side(0) == [(9.5, 8.0), (9.0, 9.0)]
    assert (made.state[0, LAST_ID], made.state[0, ROOM]) == (110, 0)
    assert [int(made.counters[c]) for c in (DELTAS, SNAPSHOTS, STALE, BUFFERED, DROPPED)] == [2, 1, 1, 3, 0]
    assert not made.rooms[:, 0].any()


@pytest.mark.parametrize(("update", "fits"), [(79, False), (80, True), (100, True), (101, True)])
def test_a_snapshot_older_than_what_waits_is_dropped(module: ModuleType, update: int, fits: bool) -> None:
    made = Made(module, levels=4, by_rest=True)
    made.give(100, previous=80)

    assert made.settle(update, [(9.0, 1.0)], [(10.0, 1.0)]) is fits

    assert made.counters[TOO_OLD] == (0 if fits else 1)
    assert made.state[0, ROOM] == (0 if fits else 1)


def test_the_first_delta_behind_a_snapshot_has_to_reach_it(module: ModuleType) -> None:
    made = Made(module, levels=4, by_rest=True)
    assert made.settle(100, [(9.0, 1.0)], [(10.0, 1.0)])

    made.give(105, previous=101, at=4)

    assert made.read_turns()[-1] == [0, 0, GAP, 4, 0]
    assert (made.state[0, SEEN], made.state[0, ROOM]) == (1, 1)


def test_later_deltas_have_to_name_the_one_before(module: ModuleType) -> None:
    made = whole(module)

    made.give(102, previous=100)
    made.give(105, previous=101)

    assert made.breaks[0, GAP] == 1


def test_beyond_the_horizon_nothing_is_known(module: ModuleType) -> None:
    made = whole(module)

    # Four of five bids were kept, down to 8.5.
    made.give(101, [(8.0, 5.0), (7.0, 0.0)], previous=100)
    made.give(102, [(10.0, 0.0), (9.5, 0.0)], previous=101)
    assert (made.side(0), made.state[0, IS_THIN]) == ([(9.0, 1.0), (8.5, 1.0)], 0)

    made.give(103, [(9.0, 0.0)], previous=102)
    assert (made.state[0, SYNCED], made.state[0, IS_THIN], made.counters[REFILLS]) == (1, 1, 1)
    assert made.state[0, ROOM] == 1

    made.give(104, [(8.5, 0.0)], previous=103, at=6)
    assert made.read_turns() == [[0, 0, THIN, 6, 0]]


def test_a_thin_book_is_filled_without_a_break(module: ModuleType) -> None:
    made = whole(module)
    made.give(101, [(10.0, 0.0), (9.5, 0.0), (9.0, 0.0)], previous=100)
    made.give(102, [(8.5, 3.0)], previous=101)

    assert made.settle(101, [(8.5, 1.0), (8.0, 1.0), (7.5, 1.0)], [(11.0, 1.0)])

    assert made.side(0) == [(8.5, 3.0), (8.0, 1.0), (7.5, 1.0)]
    assert (made.state[0, IS_THIN], made.state[0, LAST_ID]) == (0, 102)
    assert made.read_turns() == []


def test_more_levels_than_are_kept_move_the_horizon(module: ModuleType) -> None:
    made = whole(module)

    made.give(101, [(11.0, 1.0), (8.5, 9.0)], [(10.5, 0.0), (11.0, 0.0)], previous=100)

    assert made.side(0) == [(11.0, 1.0), (10.0, 1.0), (9.5, 1.0), (9.0, 1.0)]
    made.give(102, [(8.5, 9.0)], previous=101)
    assert len(made.side(0)) == 4


def test_a_full_room_begins_anew_and_a_long_held_one_is_given_away(module: ModuleType) -> None:
    made = Made(module, levels=4, by_rest=True, rooms=1, messages=2)

    for update in (1, 2, 3):
        made.give(update, previous=update - 1)
    assert (made.rooms[0, 1], made.counters[DROPPED]) == (1, 2)

    made.give(1, previous=0, slot=1, at=2)
    assert (made.state[1, ROOM], made.counters[DROPPED]) == (0, 3)

    made.give(2, previous=1, slot=1, at=91_000_000_000)
    assert (made.state[0, ROOM], made.state[1, ROOM], made.rooms[0, 1]) == (0, 1, 1)


def test_a_message_larger_than_a_room_is_dropped(module: ModuleType) -> None:
    made = Made(module, levels=4, by_rest=True)

    made.give(1, [(float(price), 1.0) for price in range(1, 10)], previous=0)

    assert (made.counters[DROPPED], made.rooms[0, 1]) == (1, 0)


def test_losing_and_leaving_give_the_room_back(module: ModuleType) -> None:
    made = Made(module, levels=4, by_rest=True)
    made.give(1, previous=0)
    made.give(1, previous=0, slot=1)

    made.ladders.lose(0, 5, 4)
    made.ladders.leave(1)

    assert not made.rooms[:, 0].any()
    assert (made.state[0, REASON], made.state[0, SEEN], made.state[1, SEEN]) == (4, 0, 0)
    assert made.read_turns() == []


def test_fewer_levels_are_kept_and_missed_on_the_way_back(module: ModuleType) -> None:
    made = window(module)

    made.ladders.shape(1, 2)
    assert made.side(0) == [(10.0, 1.0), (9.5, 2.0)]
    made.give(11, [(9.0, 9.0), (10.0, 0.0)])
    assert (made.side(0), made.state[0, IS_THIN]) == ([(9.5, 2.0)], 0)

    made.ladders.shape(3, 3)
    assert made.state[0, IS_THIN] == 1


def test_turns_that_nobody_read_stop_the_kernel(module: ModuleType) -> None:
    made = Made(module, levels=2, by_rest=False)
    filled = BookColumns(20, 100)
    for update in range(20):
        assert filled.append(0, update % 2 == 0, 1, 1, -1, 10 * update, -1, ((1.0, 1.0),), ())

    done = made.ladders.apply(filled.arrays, 0, 20)
    assert (done, len(made.read_turns())) == (9, 9)
    assert made.ladders.apply(filled.arrays, done, 20) == 18


def test_depth_within_a_distance_counts_in_quote_currency(module: ModuleType) -> None:
    made = window(module)
    found = np.zeros((2, 2))

    # The mid is 10.25; 5 % of it is 0.5125: bids from 9.7375 on, asks up to 10.7625.
    made.ladders.within(500.0, found)

    assert found.tolist() == [[10.0, 10.5], [-1.0, -1.0]]


def test_depth_beyond_a_full_window_of_the_exchange_is_not_known(module: ModuleType) -> None:
    made = Made(module, levels=2, by_rest=False)
    made.give(1, [(10.0, 1.0), (9.5, 1.0)], [(10.5, 1.0), (11.0, 1.0)], is_snapshot=True)
    near, far = np.zeros((2, 2)), np.zeros((2, 2))

    # The mid is 10.25, and 9.5 and 11.0 are 7.3 % away; one level less, and the market has no more.
    made.ladders.within(730.0, near)
    made.ladders.within(740.0, far)
    assert (near[0].tolist(), far[0].tolist()) == ([10.0, 10.5], [-1.0, -1.0])

    made.give(2, [(9.5, 0.0)], [(11.0, 0.0)])
    made.ladders.within(740.0, far)
    assert far[0].tolist() == [10.0, 10.5]


def test_depth_beyond_the_horizon_is_not_known(module: ModuleType) -> None:
    made = whole(module)
    near, far = np.zeros((2, 2)), np.zeros((2, 2))

    # The mid is 10.25; kept are bids down to 8.5 and asks up to 12.0, that is 17.07 %.
    made.ladders.within(1700.0, near)
    made.ladders.within(1800.0, far)

    assert near[0].tolist() == [10 + 9.5 + 9, 10.5 + 11 + 11.5]
    assert far[0].tolist() == [-1.0, -1.0]
