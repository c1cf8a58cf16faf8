import numpy as np

from tidemark.api.push.sides import LONG, NEUTRAL, SHORT, UNKNOWN, Sides
from tidemark.memory.ledger import Ledger


def moved(*scores: float | None) -> tuple[list[int], list[int], list[float]]:
    """Side, since and price after each score; second n, at a price of 100 + n."""
    sides = Sides(series=1, ledger=Ledger())
    found: tuple[list[int], list[int], list[float]] = ([], [], [])
    for n, score in enumerate(scores):
        known = score is not None
        sides.move(np.array([score if known else 50.0]), np.array([known]), np.array([100.0 + n]), n)
        found[0].append(int(sides.side[0]))
        found[1].append(int(sides.since[0]))
        found[2].append(float(sides.price[0]))
    return found


def test_long_is_entered_at_65_and_left_below_58() -> None:
    side, since, price = moved(64.9, 65.0, 58.0, 57.9, 64.9)

    assert side == [NEUTRAL, LONG, LONG, NEUTRAL, NEUTRAL]
    assert since == [0, 1, 1, 3, 3]
    assert price == [100.0, 101.0, 101.0, 103.0, 103.0]


def test_short_mirrors_long() -> None:
    side, _, _ = moved(35.1, 35.0, 42.0, 42.1, 35.1)

    assert side == [NEUTRAL, SHORT, SHORT, NEUTRAL, NEUTRAL]


def test_from_one_side_to_the_other_in_one_step() -> None:
    assert moved(70.0, 30.0, 70.0)[0] == [LONG, SHORT, LONG]


def test_without_a_score_there_is_no_side_and_the_next_begins_anew() -> None:
    side, since, _ = moved(70.0, None, 60.0)

    assert side == [LONG, UNKNOWN, NEUTRAL]
    assert since == [0, 1, 2]


def test_a_price_that_was_missing_is_the_first_one_that_is_there() -> None:
    sides = Sides(series=1, ledger=Ledger())
    score, known = np.array([70.0]), np.array([True])

    sides.move(score, known, np.array([np.nan]), 1)
    assert np.isnan(sides.price[0])
    sides.move(score, known, np.array([101.0]), 2)
    sides.move(score, known, np.array([102.0]), 3)

    assert (sides.since[0], sides.price[0]) == (1, 101.0)


def test_another_market_in_the_slot_has_no_side() -> None:
    sides = Sides(series=2, ledger=Ledger())
    sides.move(np.array([70.0, 70.0]), np.array([True, True]), np.array([1.0, 1.0]), 1)

    sides.clear(np.array([1]))

    assert sides.side.tolist() == [LONG, UNKNOWN]
    assert sides.since.tolist() == [1, 0]


def test_it_takes_what_was_planned() -> None:
    ledger = Ledger()
    Sides(series=560, ledger=ledger)

    assert [owner.reservation for owner in ledger.owners()[1:]] == Sides.reserve(series=560)
