"""The worst case, added up before anything is allocated, and made to fit."""

import math
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec

from tidemark.errors import BudgetError
from tidemark.memory.ledger import Reservation
from tidemark.units import MIB, format_bytes

T = TypeVar("T")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the process may take, and what it will at most. Bytes, but for `reserve_share`, a fraction of `budget`.

    `floor` is the process before it has any state; `lines` are its owners; `transient` comes and goes. `children` are
    other processes, which run now and then: they are beside the budget, and within what the machine is to have.
    """

    budget: int
    floor: int
    lines: tuple[Reservation, ...]
    transient: int
    reserve_share: float
    children: tuple[Reservation, ...] = ()

    @property
    def reserve(self) -> int:
        """What stays free, for what nobody accounts for."""
        return math.ceil(self.budget * self.reserve_share)

    @property
    def planned(self) -> int:
        """The worst case without the reserve."""
        return self.floor + sum(line.bytes for line in self.lines) + self.transient

    @property
    def total(self) -> int:
        """The worst case, the reserve included."""
        return self.planned + self.reserve

    @property
    def spare(self) -> int:
        """What is left of the budget; negative when the plan does not fit."""
        return self.budget - self.total

    @property
    def fits(self) -> bool:
        """Whether the worst case is within the budget."""
        return self.spare >= 0

    @property
    def least_budget(self) -> int:
        """The smallest budget that this plan would fit, in whole megabytes."""
        return math.ceil(self.planned / (1 - self.reserve_share) / MIB) * MIB

    def systemd_line(self) -> str:
        """The lines for a systemd unit: throttled at 105 % of the budget, ended at 115 %, and the children's share."""
        beside = sum(child.bytes for child in self.children)
        high, most = (self.budget * percent // 100 + beside for percent in (105, 115))
        return f"MemoryHigh={high // MIB}M\nMemoryMax={most // MIB}M"


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """One sacrifice: why, and how many bytes it saved."""

    reason: str
    bytes_saved: int


class Fit(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A plan that fits, the choice behind it, and what was given up on the way."""

    plan: Plan
    choice: T
    cuts: tuple[Cut, ...]


def fit(build: Callable[[T], Plan], wanted: T, cuts: Iterable[tuple[T, str]]) -> Fit[T]:
    """The plan of *wanted*, or of the first of ever smaller choices that fits.

    cuts: pairs of a choice and the reason for which it is smaller than the one before, in the order of sacrifice; read
    only as far as needed. BudgetError, with the least budget that would do, when even the last one does not fit.
    """
    plan, choice = build(wanted), wanted
    applied: list[Cut] = []
    remaining = iter(cuts)
    while not plan.fits:
        following = next(remaining, None)
        if following is None:
            raise BudgetError(
                f"memory.budget is {format_bytes(plan.budget)}, and after {len(applied)} cuts the least plan takes"
                f" {format_bytes(plan.total)}; set memory.budget to {plan.least_budget // MIB}MB or more"
            )
        choice, reason = following
        smaller = build(choice)
        applied.append(Cut(reason=reason, bytes_saved=plan.total - smaller.total))
        plan = smaller
    return Fit(plan=plan, choice=choice, cuts=tuple(applied))
