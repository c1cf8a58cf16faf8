from tests.alerting import notification

from tidemark.live.heard import HEARD, Heard
from tidemark.memory.ledger import Ledger
from tidemark.model.notification import MOST_NAMED


def test_they_are_told_on_in_their_order_and_once() -> None:
    heard = Heard(Ledger())
    told = [notification(number, channel="history") for number in range(5)]
    for one in [*told, *told]:
        heard.take(one)

    assert heard.taken == 5
    assert heard.after(0, 3) == told[:3]
    assert heard.after(3, 3) == told[3:]
    assert heard.after(5, 3) == []


def test_one_that_was_read_is_told_again() -> None:
    heard = Heard(Ledger())
    heard.take(notification(1, channel="history"))
    heard.take(notification(1, channel="history", read_at=7))

    assert [one.read_at for one in heard.after(0, 9) or ()] == [None, 7]


def test_the_newest_are_kept_within_their_bytes_and_who_is_behind_learns_it() -> None:
    ledger = Ledger()
    heard = Heard(ledger)
    for number in range(3 * HEARD):
        heard.take(notification(number, text="é" * 8000, symbols=tuple(f"{n:040d}" for n in range(MOST_NAMED))))

    (owner,) = (one for one in ledger.owners() if one.reservation.owner == "notifications/heard")
    assert owner.usage().used <= HEARD
    assert owner.usage().bytes_used <= owner.reservation.bytes
    assert heard.after(0, 9) is None
    assert heard.after(heard.taken - 2, 9) == [notification(n, text="é" * 8000, symbols=tuple(
        f"{m:040d}" for m in range(MOST_NAMED)
    )) for n in (3 * HEARD - 2, 3 * HEARD - 1)]  # fmt: skip


def test_what_is_for_browsers_is_told_apart() -> None:
    heard = Heard(Ledger())
    for number, channel in enumerate(["history", "screens", "history", "desk"]):
        heard.take(notification(number, channel=channel))

    assert [told.channel for told in heard.for_browsers(5)] == ["desk", "screens"]
    assert [told.channel for told in heard.for_browsers(1)] == ["desk"]
