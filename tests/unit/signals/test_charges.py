import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.signalling import at_s

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Stage
from tidemark.signals.charges import OWNER, Charges
from tidemark.signals.followed import NUMBER

HOUR_S, MINUTE_S = 3600, 60
RATE = 0.0005


def followed(
    *, side: int = 1, begun_s: float = 0.0, entered_s: float | None = 60.0, to_s: float = 120.0
) -> dict[str, np.ndarray]:
    return {
        "slot": np.array([0], np.int32),
        "side": np.array([side], np.int8),
        "stage": np.array([NUMBER[Stage.PENDING if entered_s is None else Stage.ACTIVE]], np.uint8),
        "begun_at": np.array([at_s(begun_s)]),
        "entered_at": np.array([at_s(entered_s or 0.0)]),
        "followed_to": np.array([at_s(to_s)]),
        "carried": np.zeros(1),
        "funding": np.zeros(1),
    }


def lead(charges: Charges, table: dict[str, np.ndarray], from_s: int, to_s: int) -> None:
    """Through the minutes that open in [from_s, to_s)."""
    for opened in range(from_s, to_s, MINUTE_S):
        charges.pay(table, np.array([0]), np.array([at_s(opened)]))
        table["followed_to"][0] = at_s(opened + MINUTE_S)


def told(charges: Charges, *seconds: tuple[float, float], rate: float = RATE) -> Charges:
    """At each moment, when the next one is due."""
    for now_s, due_s in seconds:
        charges.take(at_s(now_s), np.array([rate]), np.array([at_s(due_s)]))
    return charges


def made() -> Charges:
    return Charges(series=1, ledger=Ledger())


def paid(table: dict[str, np.ndarray]) -> tuple[float, float]:
    """Funding is due after an hour; the next one is told after that."""
    charges = told(made(), (0, HOUR_S), (HOUR_S - 1, HOUR_S), (HOUR_S, HOUR_S), (HOUR_S + 1, 9 * HOUR_S))
    lead(charges, table, 120, 2 * HOUR_S)
    return float(table["carried"][0]), float(table["funding"][0])


def test_a_long_pays_a_positive_rate_once_and_a_short_receives_it() -> None:
    assert paid(followed()) == pytest.approx((RATE, RATE))
    assert paid(followed(side=-1)) == pytest.approx((-RATE, -RATE))


def test_what_is_not_held_at_that_moment_pays_nothing_for_the_trade() -> None:
    assert paid(followed(entered_s=None)) == pytest.approx((RATE, 0.0))
    assert paid(followed(entered_s=HOUR_S + 1)) == pytest.approx((RATE, 0.0))


def test_what_began_later_pays_nothing_at_all() -> None:
    assert paid(followed(begun_s=HOUR_S, to_s=HOUR_S)) == (0.0, 0.0)


@given(seconds=st.lists(st.integers(60, 2 * HOUR_S - 1), max_size=6))
def test_it_is_paid_once_however_late_the_minutes_come(seconds: list[int]) -> None:
    """What was told each second before, while minutes came in pieces as the clock stood at those moments."""
    charges, table, done = told(made(), (0, HOUR_S)), followed(to_s=60.0), 60
    for now_s in [*sorted(seconds), 2 * HOUR_S]:
        told(charges, (now_s, HOUR_S if now_s < HOUR_S else 9 * HOUR_S))
        until = now_s // MINUTE_S * MINUTE_S
        lead(charges, table, done, until)
        done = until

    assert (float(table["carried"][0]), float(table["funding"][0])) == pytest.approx((RATE, RATE))


def test_what_fell_due_while_nobody_looked_is_paid_with_its_minute() -> None:
    """After a restart minutes may come before the first second of the rules."""
    charges, table = told(made(), (0, HOUR_S)), followed()
    lead(charges, table, 120, HOUR_S + 120)

    assert table["funding"][0] == pytest.approx(RATE)
    told(charges, (HOUR_S + 120, 9 * HOUR_S))
    lead(charges, table, HOUR_S + 120, 2 * HOUR_S)
    assert table["funding"][0] == pytest.approx(RATE)


def test_the_rate_is_the_one_that_was_told_last_before_it_fell_due() -> None:
    charges, table = made(), followed()
    for now_s, rate in ((0, 0.1), (10, 0.002), (HOUR_S, 0.3)):
        told(charges, (now_s, HOUR_S), rate=rate)
    lead(charges, table, 120, HOUR_S + 60)

    assert table["funding"][0] == pytest.approx(0.002)


def test_where_nothing_is_told_nothing_is_paid() -> None:
    charges, table = made(), followed()
    for now_s in (0, HOUR_S):
        charges.take(at_s(now_s), np.array([0.1]), np.zeros(1, np.int64))
    lead(charges, table, 120, 2 * HOUR_S)

    assert table["funding"][0] == 0.0


def test_what_left_is_forgotten_and_what_it_takes_is_what_it_reserved() -> None:
    ledger = Ledger()
    charges = told(Charges(series=1, ledger=ledger), (0, HOUR_S), (HOUR_S, 9 * HOUR_S))

    charges.clear(0)

    assert not any(column.any() for column in charges.kept().values())
    reserved = {line.owner: line.bytes_reserved for line in ledger.report()}
    assert [one.bytes for one in Charges.reserve(series=1)] == [reserved[OWNER]]
