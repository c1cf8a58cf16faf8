"""The notifications that the process of the alerts said, in the order in which they came, for whoever tells them on."""

import sys

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.map import BoundedMap
from tidemark.model.notification import Notification
from tidemark.settings.alerting import HISTORY
from tidemark.units import MIB

# As many as there may be of the history, and as many again for browsers.
HEARD = 200
_OWNER = "notifications/heard"
_BYTES = 2 * MIB


class Heard:
    """The newest `HEARD` of them, or fewer that are long, each once; `taken` counts all that ever came."""

    def __init__(self, ledger: Ledger) -> None:
        self._kept: BoundedMap[int, Notification] = BoundedMap(_OWNER, items=HEARD, max_bytes=_BYTES, size=_size)
        self.taken = 0
        ledger.open(self._kept)

    @staticmethod
    def reserve() -> Reservation:
        """What it takes, without allocating it."""
        return BoundedMap.reserve(_OWNER, items=HEARD, max_bytes=_BYTES)

    def take(self, told: Notification) -> None:
        """Take one, unless the same is kept: a process that begins again says what it said before."""
        if told not in self._kept.values():
            self._kept[self.taken] = told
            self.taken += 1

    def after(self, taken: int, most: int) -> list[Notification] | None:
        """The first *most* that came when *taken* had been taken; None where not all of them are kept."""
        wanted = range(taken, min(self.taken, taken + most))
        if any(number not in self._kept for number in wanted):
            return None
        return [self._kept[number] for number in wanted]

    def for_browsers(self, most: int) -> list[Notification]:
        """The newest *most* that a sink pushes to browsers, the newest first."""
        return [told for told in reversed(list(self._kept.values())) if told.channel != HISTORY][:most]


def size_of(key: str, notification: Notification) -> int:
    """What one takes in memory."""
    texts = (key, notification.id, notification.channel, notification.group, notification.title, notification.text)
    names = (*notification.symbols, *notification.rules, notification.link or "")
    return sys.getsizeof(notification) + sum(sys.getsizeof(text) + 16 for text in (*texts, *names))


def _size(number: int, notification: Notification) -> int:
    return sys.getsizeof(number) + size_of("", notification)
