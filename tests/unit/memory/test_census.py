import asyncio
import gc
import sys
import tracemalloc
import weakref
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from tidemark.memory.census import LEAST_ENTRIES, MOST_NAMES, Census, Held, take_census, transient_bytes
from tidemark.memory.ledger import Ledger, Reservation, Usage

HERE = __name__


class Keeper:
    def __init__(self) -> None:
        self.by_time: dict[int, float] = {}
        self.rows: list[list[int]] = []
        self.listeners: tuple[Callable[[], int], ...] = ()
        self.last = deque[bytes]()
        self.errors: list[Exception] = []
        self.views: list[np.ndarray] = []


class Owner(Keeper):
    reservation = Reservation(owner="kept", kind="map", capacity=10, item_bytes=8, policy="refuses")

    def usage(self) -> Usage:
        return Usage(used=0, peak=0, bytes_used=0)


def find(found: list[Held], name: str, kind: str) -> Held:
    (one,) = [held for held in found if (held.name, held.kind) == (f"{HERE}.{name}", kind)]
    return one


def test_containers_are_counted_by_where_they_are_kept() -> None:
    keepers = [Keeper(), Keeper()]
    for keeper in keepers:
        keeper.by_time.update((number, 0.5) for number in range(100))
        keeper.last.extend(bytes(1) for _ in range(50))
        keeper.rows.append(list(range(40)))

    found = take_census()

    times = find(found, "Keeper.by_time", "dict")
    assert (times.count, times.entries, times.owner) == (2, 200, "")
    assert times.bytes == 2 * sys.getsizeof(keepers[0].by_time)
    assert find(found, "Keeper.last", "deque").entries == 100
    assert find(found, "Keeper.rows[...]", "list").entries == 80


def test_a_small_container_has_no_name() -> None:
    keeper = Keeper()
    keeper.by_time.update((number, 0.5) for number in range(LEAST_ENTRIES - 1))

    assert [one for one in take_census() if one.name == f"{HERE}.Keeper.by_time"] == []


def test_what_a_registered_owner_keeps_is_told_with_its_owner() -> None:
    ledger = Ledger()
    owner = Owner()
    ledger.open(owner)
    owner.by_time.update((number, 0.5) for number in range(100))

    assert find(take_census(ledger.owners()), "Owner.by_time", "dict").owner == "kept"


def test_closures_are_counted_by_the_function_that_they_are() -> None:
    keeper = Keeper()

    def listen(number: int) -> Callable[[], int]:
        kept = bytes(3_000) + bytes([number])
        return lambda: len(kept)

    keeper.listeners = tuple(listen(number) for number in range(60))
    name = f"{test_closures_are_counted_by_the_function_that_they_are.__name__}.<locals>.listen.<locals>.<lambda>"

    found = take_census(weigh={f"closure {HERE}.{name}", f"tuple {HERE}.Keeper.listeners"})

    closures = find(found, name, "closure")
    assert closures.count == 60
    assert 3_000 < closures.bytes_each < 4_000
    assert find(found, "Keeper.listeners", "tuple").entries == 60


async def test_coroutines_that_wait_are_counted_by_their_function() -> None:
    async def wait() -> None:
        await asyncio.sleep(3600)

    tasks = [asyncio.ensure_future(wait()) for _ in range(30)]
    await asyncio.sleep(0)

    found = take_census()

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    (waiting,) = [one for one in found if one.kind == "coroutine" and one.name.endswith("<locals>.wait")]
    assert waiting.count == 30


def test_exceptions_are_counted_by_kind_and_by_the_function_that_raised_them() -> None:
    keeper = Keeper()

    def fail() -> None:
        raise LookupError

    for _ in range(5):
        try:
            fail()
        except LookupError as error:
            keeper.errors.append(error)

    (raised,) = [one for one in take_census() if one.kind == "exception" and "LookupError" in one.name]

    assert raised.count == 5
    assert raised.name.endswith("<locals>.fail")


def test_views_are_counted_with_what_they_pin() -> None:
    keeper = Keeper()
    keeper.views += [np.zeros(100_000, np.int64)[-10:] for _ in range(3)]
    keeper.views.append(np.zeros(100, np.int64)[:1])

    pinned = find(take_census(), "Keeper.views", "view")

    assert (pinned.entries, pinned.bytes) == (3, 3 * 800_000)


def test_a_key_is_weighed_with_its_value() -> None:
    keeper = Keeper()
    keeper.by_time.update((10**30 + number, number / 7) for number in range(1, 100))

    found = take_census(weigh={f"dict {HERE}.Keeper.by_time"})

    assert find(found, "Keeper.by_time", "dict").bytes_each == sys.getsizeof(10**30) + sys.getsizeof(0.5)


def test_the_entries_of_the_names_that_were_asked_for_are_weighed() -> None:
    keeper = Keeper()
    keeper.last.extend(bytes(1_000) + bytes([number]) for number in range(40))

    found = take_census(weigh={f"deque {HERE}.Keeper.last"})

    assert find(found, "Keeper.last", "deque").bytes_each == sys.getsizeof(keeper.last[0])


def test_a_long_container_is_looked_at_from_its_newer_end() -> None:
    keeper = Keeper()
    keeper.rows += [[] for _ in range(100_000)]
    keeper.rows.append(list(range(50)))

    found = take_census(weigh={f"list {HERE}.Keeper.rows[...]"})
    assert find(found, "Keeper.rows[...]", "list").entries == 50


def test_objects_of_the_wanted_kinds_are_kept_for_the_caller() -> None:
    wanted = SimpleNamespace()

    census = Census(keep=lambda kind: kind is SimpleNamespace)
    steps = sum(1 for _ in census.walk())

    assert wanted in census.kept
    assert census.objects > 1_000
    assert steps > census.objects // 1_000


def test_a_census_does_not_count_itself_and_lets_go_of_what_it_saw() -> None:
    gc.collect()  # what other tests left, which saw themselves
    census = Census()
    for _ in census.walk():
        pass
    found = census.held()

    assert [one for one in found if "memory.census.Census" in one.name and one.kind != "instances"] == []
    assert len(found) <= MOST_NAMES
    assert census.held() == []


def test_what_stands_for_an_object_that_is_gone_is_passed_over() -> None:
    keeper = Keeper()
    keeper.listeners = (weakref.proxy(gone := Keeper()),)
    keeper.by_time = dict.fromkeys(range(40), 0.5)
    del gone

    found = take_census(weigh={f"tuple {HERE}.Keeper.listeners", f"dict {HERE}.Keeper.by_time"})

    assert find(found, "Keeper.by_time", "dict").entries == 40


def test_a_view_that_was_released_keeps_nothing_alive() -> None:
    keeper = Keeper()
    released = memoryview(bytearray(1 << 20))[:5]
    keeper.views = [released]  # type: ignore[list-item]
    released.release()

    assert not [one for one in take_census() if one.kind == "view" and HERE in one.name]


class Pair:
    def __init__(self) -> None:
        self.first = [1]
        self.second = {2: 3}


@pytest.mark.parametrize("make", [lambda: [[]], Pair])
def test_a_census_takes_no_more_than_it_says(make: Callable[[], object]) -> None:
    kept = [make() for _ in range(100_000)]
    gc.collect()
    census = Census()
    tracemalloc.start()
    try:
        for _ in census.walk():
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(kept) == 100_000
    assert peak <= transient_bytes(census.objects)
