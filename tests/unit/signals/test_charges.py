import numpy as np
import pytest
from tests.signalling import at_s

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Stage
from tidemark.signals.charges import OWNER, Charges
from tidemark.signals.followed import NUMBER

HOUR_S = 3600


def followed(*, side: int = 1, begun_s: float = 0.0, entered_s: float | None = 60.0) -> dict[str, np.ndarray]:
    return {
        "slot": np.array([0], np.int32),
        "side": np.array([side], np.int8),
        "stage": np.array([NUMBER[Stage.PENDING if entered_s is None else Stage.ACTIVE]], np.uint8),
        "begun_at": np.array([at_s(begun_s)]),
        "entered_at": np.array([at_s(entered_s or 0.0)]),
        "carried": np.zeros(1),
        "funding": np.zeros(1),
    }


def paid(table: dict[str, np.ndarray], *, rate: float = 0.0005) -> tuple[float, float]:
    """Funding is due after an hour; the next one is told after that."""
    charges, entries = Charges(series=1, ledger=Ledger()), np.array([0])
    for now_s, due_s in ((0, HOUR_S), (HOUR_S - 1, HOUR_S), (HOUR_S, HOUR_S), (HOUR_S + 1, 9 * HOUR_S)):
        charges.take(at_s(now_s), np.array([rate]), np.array([at_s(due_s)]), table, entries)
    return float(table["carried"][0]), float(table["funding"][0])


def test_a_long_pays_a_positive_rate_once_and_a_short_receives_it() -> None:
    assert paid(followed()) == pytest.approx((0.0005, 0.0005))
    assert paid(followed(side=-1)) == pytest.approx((-0.0005, -0.0005))


def test_what_is_not_held_at_that_moment_pays_nothing_for_the_trade() -> None:
    assert paid(followed(entered_s=None)) == pytest.approx((0.0005, 0.0))
    assert paid(followed(entered_s=HOUR_S + 1)) == pytest.approx((0.0005, 0.0))


def test_what_began_later_pays_nothing_at_all() -> None:
    assert paid(followed(begun_s=HOUR_S)) == (0.0, 0.0)


def test_the_rate_is_the_one_that_was_told_last_before_it_fell_due() -> None:
    charges, table, entries = Charges(series=1, ledger=Ledger()), followed(), np.array([0])
    for now_s, rate in ((0, 0.1), (10, 0.002), (HOUR_S, 0.3)):
        charges.take(at_s(now_s), np.array([rate]), np.array([at_s(HOUR_S)]), table, entries)

    assert table["funding"][0] == pytest.approx(0.002)


def test_where_nothing_is_told_nothing_is_paid() -> None:
    charges, table = Charges(series=1, ledger=Ledger()), followed()
    for now_s in (0, HOUR_S):
        charges.take(at_s(now_s), np.array([0.1]), np.zeros(1, np.int64), table, np.array([0]))

    assert table["funding"][0] == 0.0


def test_what_left_is_forgotten_and_what_it_takes_is_what_it_reserved() -> None:
    ledger = Ledger()
    charges = Charges(series=1, ledger=ledger)
    charges.take(at_s(0), np.array([0.1]), np.array([at_s(HOUR_S)]), followed(), np.array([0]))

    charges.clear(0)

    assert not any(column.any() for column in charges.kept().values())
    reserved = {line.owner: line.bytes_reserved for line in ledger.report()}
    assert [one.bytes for one in Charges.reserve(series=1)] == [reserved[OWNER]]
