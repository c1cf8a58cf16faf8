from types import ModuleType

import numpy as np
import pytest
from tests.books import empty, ladder, put
from tests.build import T, columns
from tests.kernels_modes import load_pure

from tidemark.kernels import near_book as built
from tidemark.market.level import Array

MODULES = {"built": built, "plain": load_pure("near_book")}
BIDS, ASKS = ladder(999.9, 12, 2.0, -0.5), ladder(1000.1, 12, 2.0, 0.5)
TOP, STANDING, PULLED, WITHIN, WALL, MULTIPLE, DISTANCE = range(built.COLUMNS)


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return MODULES[request.param]


def nothing_before() -> tuple[Array, ...]:
    return (
        np.zeros((2, 2, built.NEAR), np.int64),
        np.zeros((2, 2, built.NEAR)),
        np.zeros((2, 2), np.int64),
        np.zeros((2, 2), np.int64),
        *(np.zeros((2, 2)) for _ in range(3)),
    )


def test_trades_are_added_to_the_side_that_they_took_from(module: ModuleType) -> None:
    trades = columns([T(0, 1.0, 2.0, is_buy=True), T(0, 1.0, 3.0, is_buy=False, slot=1), T(0, 1.0, 5.0, slot=1)])
    slot, _, _, _, _, _, size, is_buy = trades.arrays
    taken = np.zeros((2, 2))

    module.hear(slot, size, is_buy, np.array([1, 1, 0], np.uint8), 3, taken)

    # A buy takes asks, a sell bids; the third was heard before.
    assert taken.tolist() == [[0.0, 2.0], [3.0, 0.0]]


def test_a_trade_of_a_slot_that_is_not_there_is_passed_over(module: ModuleType) -> None:
    slot, _, _, _, _, _, size, is_buy = columns([T(0, 1.0, slot=2)]).arrays
    taken = np.zeros((2, 2))

    module.hear(slot, size, is_buy, np.ones(1, np.uint8), 1, taken)

    assert not taken.any()


def test_a_book_is_walked_from_the_best_level_on(module: ModuleType) -> None:
    books = empty()
    put(books, ((999.9, 1.0), *BIDS[1:]), (*ASKS[:3], (1001.6, 90.0), *ASKS[4:]))
    held, out = books.ladder(), np.empty((2, 2, built.COLUMNS))
    before = nothing_before()

    module.walk(held.keys, held.sizes, held.counts, held.per_tick, 50.0, 1.0, before, out)

    # Five bids of 1 + 4 x 2, twelve of 1 + 11 x 2; ten within 50 bps of 1000.
    assert out[0, 0, [TOP, STANDING, PULLED, WALL]].tolist() == [9.0, 23.0, 0.0, 0.0]
    assert out[0, 0, WITHIN] == pytest.approx(999.9 + 2.0 * sum(price for price, _ in BIDS[1:10]))
    # 90 against a mean of 2 of the nine others, 16 bps above.
    assert out[0, 1, [WALL, MULTIPLE, DISTANCE]].tolist() == pytest.approx([90.0 * 1001.6, 45.0, 16.0])
    assert (before[3][0].tolist(), before[4][0].tolist()) == ([0, -10016], [0.0, 0.0])
    assert not out[1].any()


def test_compiled_and_plain_it_is_the_same() -> None:
    books = empty()
    held = books.ladder()
    made = []
    for module in MODULES.values():
        rng = np.random.default_rng(3)
        before, outs = nothing_before(), []
        for _ in range(20):
            for slot in range(2):
                sizes = rng.exponential(size=(2, 12)) ** 3
                bids, asks = (
                    tuple((price, size) for (price, _), size in zip(side, row.tolist(), strict=True))
                    for side, row in zip((BIDS, ASKS), sizes, strict=True)
                )
                put(books, bids, asks, slot)
            out = np.empty((2, 2, built.COLUMNS))
            module.walk(held.keys, held.sizes, held.counts, held.per_tick, 50.0, 1.0, before, out)
            outs.append(out)
        made.append((np.stack(outs), *before))

    assert all(np.array_equal(one, two) for one, two in zip(*made, strict=True))
    assert made[0][0][:, :, :, WALL].any()
    assert made[0][0][:, :, :, PULLED].any()
