"""What is asked of the broker, and what it refuses. A candle is open, high, low, close; figures are worked out here."""

from typing import Any

import pytest
from tests.brokers import LATE, MODES, QUIET, Desk, Filled, Make, opened

from tidemark.backtest.broker.account import Sizes
from tidemark.kernels import broker_columns


def test_of_two_linked_orders_one_is_filled(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    up, down = one.order(1, 2.0, "stop", trigger=102.0), one.order(-1, 2.0, "stop", trigger=97.0)
    assert one.kernel.link(up, down) == 1

    # The one that is nearer to the open comes first.
    assert one.bar(100.0, 103.0, 96.0, 97.5) == 2
    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 102.0)]
    assert one.reasons() == ["linked"]
    assert one.kernel.waiting(0) == 0
    assert one.kernel.link(up, down) == 0


def test_protection_can_be_changed_and_removed(desk: Make) -> None:
    one = opened(desk, stop=97.0, target=105.0)
    one.bar(*QUIET)
    assert one.protect(stop=98.0) == 0
    assert one.protect(target=0.0) == 0
    one.bar(100.0, 110.0, 98.5, 100.0)
    assert one.held == 2.0
    one.bar(100.0, 101.0, 97.5, 100.0)

    assert one.fills()[1:] == [Filled(3 + LATE, -1, 2.0, 98.0)]
    # What was at stake is what the first stop said.
    assert one.trip().risk == 6.0


def test_an_order_lives_for_so_many_candles(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0, life=2)
    one.bar(*QUIET)
    one.bar(*QUIET)
    assert one.kernel.waiting(0) == 1
    one.bar(100.0, 101.0, 90.0, 100.0)

    assert (one.fills(), one.reasons()) == ([], ["expired"])


def test_an_order_never_fills_in_a_candle_that_began_before_it(desk: Make) -> None:
    one = desk(markets=2)
    one.bar(*QUIET)
    # The other market's candle of the same time comes behind the one that was decided on.
    one.order(1, 1.0, market=1)
    one.bar(*QUIET, market=1, time=one.now)
    assert one.fills() == []
    one.bar(*QUIET, market=1)
    assert [fill.when for fill in one.fills()] == [1]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"side": 0}, "wrong_order"), ({"market": 7}, "wrong_order"), ({"market": -1}, "wrong_order"),
        ({"kind": 9}, "wrong_order"), ({"sizing": 3}, "wrong_order"), ({"flags": 64}, "wrong_order"),
        ({"flags": 2, "kind": 1, "price": 1.0}, "wrong_order"), ({"flags": 8}, "wrong_order"),
        ({"reason": 11}, "wrong_order"), ({"size": 0.0}, "wrong_size"), ({"size": -1.0}, "wrong_size"),
        ({"size": float("nan")}, "wrong_size"), ({"size": float("inf")}, "wrong_size"), ({"kind": 1}, "wrong_price"),
        ({"kind": 2, "trigger": float("nan")}, "wrong_price"), ({"kind": 3, "trigger": 1.0}, "wrong_price"),
        ({"kind": 4}, "wrong_price"), ({"kind": 5}, "wrong_price"), ({"kind": 1, "price": -5.0}, "wrong_price"),
        ({"stop": float("nan")}, "wrong_price"), ({"target": -1.0}, "wrong_price"),
        ({"stop": 1.5, "flags": 4}, "wrong_price"), ({"kind": 5, "distance": 1.0, "flags": 4}, "wrong_price"),
    ],
    ids=str,
)  # fmt: skip
def test_an_order_that_makes_no_sense_is_refused_with_its_reason(given: dict[str, Any], reason: str) -> None:
    for mode in MODES:
        one = Desk(mode=mode)
        one.bar(*QUIET)
        number = one.kernel.order(**({"market": 0, "side": 1, "size": 1.0} | given))

        assert number == -broker_columns.REASONS.index(reason)
        assert (one.reasons(), one.account.counts()) == ([reason], {reason: 1})
        assert one.kernel.waiting(0) == 0


def test_as_many_orders_wait_as_may(desk: Make) -> None:
    one = desk(sizes=Sizes(orders=2, trips=8, told=8))
    one.bar(*QUIET)
    first = one.order(1, 1.0, "limit", price=90.0)
    one.order(1, 1.0, "limit", price=91.0)
    assert one.order(1, 1.0) == -broker_columns.REASONS.index("no_place")
    assert one.kernel.cancel(first) == 1
    third = one.order(1, 1.0, "limit", price=92.0)
    assert third not in {0, first}
    assert (one.kernel.cancel(first), one.kernel.cancel_all(0), one.kernel.cancel_all(9)) == (0, 2, 0)


def test_protection_of_nothing_and_nonsense_are_refused(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    assert one.protect(stop=90.0) == one.kernel.close(0) == -broker_columns.REASONS.index("no_position")
    assert one.kernel.protect(5) == -broker_columns.REASONS.index("wrong_order")
    assert one.kernel.close(5) == -broker_columns.REASONS.index("wrong_order")
    one.order(1, 1.0)
    one.bar(*QUIET)
    assert one.protect(stop=float("nan")) == -broker_columns.REASONS.index("wrong_price")
    assert one.protect(stop=1.0, is_fraction=True) == -broker_columns.REASONS.index("wrong_price")
