import sys
import weakref

import numpy as np

from tidemark.memory.weigh import buffer_of, bytes_each


def test_what_hangs_on_an_entry_alone_is_weighed() -> None:
    entries = [bytes(10_000) + bytes([number]) for number in range(4)]

    assert bytes_each(entries) == sys.getsizeof(entries[0])


def test_what_several_entries_reach_counts_for_none() -> None:
    shared = bytes(1_000_000)
    entries = [[shared, str(number) * 20] for number in range(4)]

    assert 0 < bytes_each(entries) < 1_000


def test_a_view_counts_with_the_buffer_that_it_keeps_alive() -> None:
    entries = [np.zeros(10_000, np.int64)[-1:] for _ in range(3)]

    assert 80_000 <= bytes_each(entries) < 81_000


def test_a_closure_counts_with_what_it_closes_over_and_without_the_globals_of_its_module() -> None:
    def make(number: int) -> object:
        kept = bytes(5_000) + bytes([number])
        return lambda: kept

    assert 5_000 < bytes_each([make(number) for number in range(3)]) < 6_000


def test_an_exception_counts_with_the_locals_of_its_frames() -> None:
    def fail(number: int) -> None:
        kept = bytes(30_000) + bytes([number])
        raise ValueError(len(kept))

    entries = []
    for number in range(3):
        try:
            fail(number)
        except ValueError as error:
            entries.append(error)

    assert 30_000 < bytes_each(entries) < 33_000


def test_nothing_weighs_nothing() -> None:
    assert bytes_each([]) == 0


def test_the_buffer_under_views_of_views_is_found() -> None:
    base = np.zeros(1_000, np.int64)
    text = bytearray(500)

    assert buffer_of(base[10:][5:]) == (id(base), 8_000)
    assert buffer_of(memoryview(text)[3:]) == (id(text), sys.getsizeof(text))
    assert buffer_of(base) == (id(base), 8_000)


class Worker:
    def __init__(self) -> None:
        self.rows = [bytes(1_000_000)]

    def call(self, number: int) -> Exception:
        payload = bytes(7_000) + bytes([number])
        try:
            self.fail()
        except ValueError as error:
            assert payload
            return error
        raise AssertionError

    def fail(self) -> None:
        raise ValueError


def test_the_locals_of_the_callers_count_and_the_objects_that_work_there_do_not() -> None:
    entries = [Worker().call(number) for number in range(3)]

    assert 7_000 < bytes_each(entries) < 9_000


def test_what_is_gone_or_was_released_weighs_itself_alone() -> None:
    released = memoryview(bytearray(1 << 20))
    released.release()
    gone = weakref.proxy({1, 2})

    assert buffer_of(released) is None
    assert 0 < bytes_each([[released, gone]]) < 1_000
