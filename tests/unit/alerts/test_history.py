from tests.alerting import AT, VENUE, Desk, desk, event, tables

from tidemark.alerts.history import History
from tidemark.units import SECOND


def filled(count: int) -> Desk:
    one = desk(tables(), "phone file:x", window=0.0, cooldown=0.0)
    for number in range(count):
        one.put([event(number)], AT + number * SECOND)
        one.gathering.step(AT + number * SECOND)
    return one


def test_the_newest_come_first_and_those_of_sinks_are_not_among_them() -> None:
    history = History(filled(5).engine, VENUE)

    assert [told.symbols for told in history.newest(2)] == [("S4USDT",), ("S3USDT",)]
    assert len(history.newest(100)) == 5
    assert History(filled(1).engine, "other").newest(100) == []


def test_what_was_read_is_read_once() -> None:
    history = History(filled(3).engine, VENUE)
    newest = history.newest(1)[0]

    assert (history.unread(), history.read([newest.id, "unknown"], AT), history.read([newest.id], AT + 1)) == (3, 1, 0)
    assert history.newest(1)[0].read_at == AT
    assert [told.symbols for told in history.newest(9, only_unread=True)] == [("S1USDT",), ("S0USDT",)]
    assert (history.read(None, AT), history.unread()) == (2, 0)
