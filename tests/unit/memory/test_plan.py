from collections.abc import Iterator

import pytest

from tidemark.errors import BudgetError
from tidemark.memory.ledger import Reservation
from tidemark.memory.plan import Cut, Plan, fit
from tidemark.units import MIB


def plan(lines_mib: int, budget_mib: int = 100) -> Plan:
    line = Reservation(owner="a", kind="ring", capacity=lines_mib, item_bytes=MIB, policy="overwrites the oldest")
    return Plan(budget=budget_mib * MIB, floor=20 * MIB, lines=(line,), transient=10 * MIB, reserve_share=0.1)


def test_the_total_is_floor_lines_transient_and_reserve() -> None:
    p = plan(40)
    assert (p.planned, p.reserve, p.total, p.spare) == (70 * MIB, 10 * MIB, 80 * MIB, 20 * MIB)
    assert p.fits


def test_a_plan_fits_to_the_byte() -> None:
    assert plan(60).spare == 0
    assert plan(60).fits
    assert not plan(61).fits


def test_the_least_budget_is_the_one_that_fits() -> None:
    least = plan(61).least_budget // MIB
    assert least == 102
    assert plan(61, budget_mib=least).fits
    assert not plan(61, budget_mib=least - 1).fits


def test_systemd_throttles_at_105_percent_and_ends_at_115() -> None:
    assert plan(1, budget_mib=256).systemd_line() == "MemoryHigh=268M\nMemoryMax=294M"


def test_what_fits_is_not_cut() -> None:
    def never() -> Iterator[tuple[int, str]]:
        raise AssertionError
        yield (0, "")

    result = fit(plan, 60, never())
    assert (result.choice, result.cuts) == (60, ())


def test_cuts_apply_in_order_until_it_fits_and_say_what_they_saved() -> None:
    read = []

    def cuts() -> Iterator[tuple[int, str]]:
        for choice, reason in ((75, "books of 25 levels"), (58, "no 30m candles"), (10, "fewer markets")):
            read.append(choice)
            yield choice, reason

    result = fit(plan, 80, cuts())
    assert result.choice == 58
    assert result.plan == plan(58)
    assert result.cuts == (
        Cut(reason="books of 25 levels", bytes_saved=5 * MIB),
        Cut(reason="no 30m candles", bytes_saved=17 * MIB),
    )
    assert read == [75, 58]


def test_when_nothing_fits_the_least_budget_is_told_in_one_line() -> None:
    with pytest.raises(BudgetError) as error:
        fit(plan, 80, [(70, "a"), (61, "b")])
    assert str(error.value) == (
        "memory.budget is 100.0 MB, and after 2 cuts the least plan takes 101.0 MB; set memory.budget to 102MB or more"
    )


def test_other_processes_are_beside_the_budget_and_within_what_the_machine_gives() -> None:
    child = Reservation(owner="child", kind="external", capacity=64 * MIB, item_bytes=1, policy="ends")
    alone = Plan(budget=100 * MIB, floor=MIB, lines=(), transient=MIB, reserve_share=0.0)
    beside = Plan(budget=100 * MIB, floor=MIB, lines=(), transient=MIB, reserve_share=0.0, children=(child,))

    assert beside.total == alone.total
    assert alone.systemd_line() == "MemoryHigh=105M\nMemoryMax=115M"
    assert beside.systemd_line() == "MemoryHigh=169M\nMemoryMax=179M"
