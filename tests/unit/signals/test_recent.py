import gc
import sys

import msgspec
from tests.signal_records import moved, outcome, signal, story

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Read, Stage
from tidemark.signals.recent import MOST, TOLD, RecentSignals
from tidemark.units import HOUR, MINUTE


def recent() -> RecentSignals:
    return RecentSignals(Ledger())


def test_a_signal_is_known_with_what_became_of_it() -> None:
    kept = recent()
    kept.take(story(0))

    known = kept.find(signal(0).id)
    assert known is not None
    assert (known.stage, len(known.transitions), known.outcome) == (Stage.TARGET, 3, outcome(signal(0)))
    assert kept.find("nobody") is None


def test_the_newest_come_first() -> None:
    kept = recent()
    for number in (0, 2, 1):
        kept.take([signal(number, symbol=f"M{number}")])

    assert [known.signal.symbol for known in kept.newest()] == ["M2", "M1", "M0"]


def test_each_rule_keeps_its_newest_and_no_other_rule_takes_their_place() -> None:
    kept = recent()
    kept.take([signal(0, rule="whale_flow")])
    for number in range(MOST + 7):
        kept.take([signal(number)])

    numbers = [known.signal.at for known in kept.newest() if known.signal.rule == "confluence"]
    assert len(numbers) == MOST
    assert min(numbers) == signal(7).at
    assert kept.find(signal(0, rule="whale_flow").id) is not None
    assert (kept.usage().used, kept.usage().evicted) == (MOST + 1, 7)
    assert kept.usage().bytes_used <= kept.reservation.bytes


def test_what_is_a_day_old_goes_when_another_comes() -> None:
    kept = recent()
    kept.take(story(0))
    kept.take([signal(24 * HOUR // MINUTE + 1)])

    assert [known.signal.id for known in kept.newest()] == [signal(24 * HOUR // MINUTE + 1).id]


def test_what_is_told_twice_stands_once_and_strangers_are_passed_over() -> None:
    kept = recent()
    kept.take([signal(0), signal(0), moved(signal(9), 1), outcome(signal(9)), outcome(signal(0), is_null=True)])

    (known,) = kept.newest()
    assert (known.signal, known.transitions, known.outcome) == (signal(0), (), None)


def test_records_are_told_on_in_their_order_and_it_is_said_where_some_are_gone() -> None:
    kept = recent()
    kept.take(story(0))
    begun = kept.taken
    kept.take([signal(1), *story(2)])

    assert kept.after(begun, 100) == [signal(1), *story(2)]
    assert kept.after(begun + 1, 2) == story(2)[:2]
    assert kept.after(kept.taken, 100) == []
    kept.take(moved(signal(2), minute) for minute in range(TOLD))
    assert kept.after(begun, 100) is None
    assert len(kept.after(kept.taken - TOLD, TOLD + 1) or ()) == TOLD
    assert kept.usage().bytes_used <= kept.reservation.bytes


def test_it_takes_its_memory_at_the_beginning_and_nothing_more() -> None:
    kept = recent()
    kept.take(story(0))
    gc.collect()
    before = sys.getallocatedblocks()
    for number in range(1, 300):
        kept.take(story(number))
    gc.collect()

    assert sys.getallocatedblocks() - before < 50
    assert kept.usage().used == MOST


def test_of_a_signal_that_is_too_long_the_oldest_transitions_go_and_then_it_goes_itself() -> None:
    kept = recent()
    reads = tuple(Read("a figure of a long name", number / 3, 0.1) for number in range(30))
    one = msgspec.structs.replace(signal(0), reads=reads)
    moves = [msgspec.structs.replace(moved(one, minute), reads=reads) for minute in range(6)]
    kept.take([one, *moves])

    known = kept.find(one.id)
    assert known is not None
    assert 0 < len(known.transitions) < 6
    assert known.transitions == tuple(moves[-len(known.transitions) :])

    vast = msgspec.structs.replace(signal(1), sentence="x" * 7000)
    begun = kept.taken
    kept.take([vast, signal(2)])
    assert (kept.find(vast.id), kept.usage().rejected) == (None, 1)
    assert kept.find(signal(2).id) is not None
    # Whoever tells records on begins anew.
    assert kept.after(begun, 10) is None
    assert kept.after(begun + 1, 10) == [signal(2)]
