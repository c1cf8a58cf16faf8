import pytest

from tidemark.errors import MemoryBoundError, OwnerError, SealedError, TransientError
from tidemark.memory.ledger import Ledger, Reservation, Usage


class Shelf:
    """An owner whose figures the test sets."""

    def __init__(self, owner: str, capacity: int, item_bytes: float) -> None:
        self.reservation = Reservation(
            owner=owner, kind="array", capacity=capacity, item_bytes=item_bytes, fixed_bytes=10, policy="refuses"
        )
        self.used = 0
        self.bytes_used = 0

    def usage(self) -> Usage:
        return Usage(used=self.used, peak=self.used, bytes_used=self.bytes_used)


def test_a_reservation_rounds_its_bytes_up() -> None:
    assert Shelf("a", 3, 1.5).reservation.bytes == 15


@pytest.mark.parametrize(
    ("capacity", "item_bytes", "fixed_bytes"), [(0, 1.0, 0), (-1, 1.0, 0), (1, -1.0, 0), (1, 1.0, -1)]
)
def test_no_reservation_means_unlimited(capacity: int, item_bytes: float, fixed_bytes: int) -> None:
    with pytest.raises(OwnerError, match="none means unlimited"):
        Reservation(
            owner="a", kind="map", capacity=capacity, item_bytes=item_bytes, fixed_bytes=fixed_bytes, policy="p"
        )


@pytest.mark.parametrize("item_bytes", [float("inf"), float("nan")])
def test_a_reservation_is_finite(item_bytes: float) -> None:
    with pytest.raises(OwnerError):
        Reservation(owner="a", kind="map", capacity=1, item_bytes=item_bytes, policy="p")


def test_a_reservation_is_of_a_known_kind() -> None:
    with pytest.raises(OwnerError, match="'heap'"):
        Reservation(owner="a", kind="heap", capacity=1, item_bytes=1, policy="p")


def test_the_sum_holds_every_owner_and_the_transient_share() -> None:
    ledger = Ledger(transient_bytes=1000)
    ledger.open(Shelf("a", 4, 5))
    ledger.open(Shelf("b", 1, 7))
    assert ledger.reserved_bytes == 1000 + 30 + 17


def test_the_report_lists_the_largest_reservation_first() -> None:
    ledger = Ledger(transient_bytes=20)
    ledger.open(Shelf("small", 1, 1))
    ledger.open(Shelf("large", 100, 1))
    assert [line.owner for line in ledger.report()] == ["large", "transient", "small"]


def test_a_report_line_carries_reservation_and_usage() -> None:
    ledger = Ledger(transient_bytes=1)
    shelf = Shelf("a", 4, 5)
    shelf.used, shelf.bytes_used = 2, 12
    ledger.open(shelf)
    line = ledger.report()[0]
    assert (line.owner, line.kind, line.policy) == ("a", "array", "refuses")
    assert (line.capacity, line.used, line.bytes_reserved, line.bytes_used) == (4, 2, 30, 12)
    assert ledger.used_bytes == 12


def test_a_name_is_taken_once() -> None:
    ledger = Ledger()
    ledger.open(Shelf("a", 1, 1))
    with pytest.raises(OwnerError, match="'a'"):
        ledger.open(Shelf("a", 1, 1))


def test_nothing_opens_after_the_seal() -> None:
    ledger = Ledger()
    slots = ledger.slots("clients", 1, 100)
    ledger.seal()
    before = ledger.reserved_bytes
    with pytest.raises(SealedError, match="'a'"):
        ledger.open(Shelf("a", 1, 1))
    with pytest.raises(SealedError):
        ledger.external("sql", cap_bytes=1, probe=lambda: 0)
    with pytest.raises(SealedError):
        ledger.slots("more", 1, 1)
    slots.take()
    assert ledger.is_sealed
    assert ledger.reserved_bytes == before


def test_slots_come_and_go_without_changing_the_sum() -> None:
    ledger = Ledger(transient_bytes=1)
    slots = ledger.slots("clients", 2, 100)
    slots.take()
    slots.take()
    with pytest.raises(TransientError, match="all 2 slots of 'clients'") as refusal:
        slots.take()
    assert refusal.value.retry
    slots.give_back()
    assert slots.usage() == Usage(used=1, peak=2, bytes_used=100, rejected=1)
    assert ledger.reserved_bytes == 201


def test_a_slot_nobody_took_cannot_be_given_back() -> None:
    slots = Ledger().slots("clients", 1, 1)
    with pytest.raises(MemoryBoundError, match="nobody had taken"):
        slots.give_back()


def test_transient_bytes_are_refused_when_fewer_are_left_and_come_back() -> None:
    ledger = Ledger(transient_bytes=100)
    with ledger.transient(60):
        with pytest.raises(TransientError, match="40 B of 100 B are left") as refusal, ledger.transient(41):
            pass
        with ledger.transient(40):
            assert ledger.used_bytes == 100
    with ledger.transient(100):
        pass
    assert refusal.value.retry
    (line,) = ledger.report()
    assert (line.owner, line.used, line.peak, line.rejected) == ("transient", 0, 100, 1)


def test_transient_bytes_come_back_when_the_work_fails() -> None:
    ledger = Ledger(transient_bytes=100)
    with pytest.raises(KeyError), ledger.transient(100):
        raise KeyError
    assert ledger.used_bytes == 0


def test_more_than_the_whole_transient_share_is_not_worth_a_retry() -> None:
    with pytest.raises(TransientError) as refusal, Ledger(transient_bytes=100).transient(101):
        pass
    assert not refusal.value.retry
    assert TransientError.retry


def test_a_negative_count_of_transient_bytes_is_refused() -> None:
    with pytest.raises(OwnerError, match="-1"), Ledger().transient(-1):
        pass


def test_bounds_that_hold_give_no_violation() -> None:
    ledger = Ledger()
    shelf = Shelf("a", 4, 5)
    shelf.used, shelf.bytes_used = 4, 30
    ledger.open(shelf)
    ledger.external("sql", cap_bytes=50, probe=lambda: 50)
    assert ledger.violations() == []


def test_every_broken_bound_is_told_in_words() -> None:
    ledger = Ledger()
    shelf = Shelf("a", 4, 5)
    shelf.used, shelf.bytes_used = 5, 31
    ledger.open(shelf)
    ledger.external("sql", cap_bytes=50, probe=lambda: 51)
    assert ledger.violations() == [
        "sql: its probe reads 51 B, over its cap of 50 B",
        "a: holds 5 items, over its capacity of 4",
        "a: holds 31 B, over its reservation of 30 B",
    ]


def test_an_external_owner_remembers_its_peak() -> None:
    ledger = Ledger(transient_bytes=1)
    readings = iter([30, 10])
    ledger.external("sql", cap_bytes=50, probe=lambda: next(readings))
    ledger.report()
    line = ledger.report()[0]
    assert (line.used, line.peak) == (10, 30)


def test_the_owners_are_given_in_the_order_in_which_they_were_opened() -> None:
    ledger = Ledger()
    ledger.slots("b", 1, 1)
    ledger.slots("a", 1, 1)

    assert [owner.reservation.owner for owner in ledger.owners()] == ["transient", "b", "a"]
