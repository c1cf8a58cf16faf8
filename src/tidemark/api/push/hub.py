"""The hub: the house whose topics are made here, from what the monitor knows."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.house import House
from tidemark.api.push.live_topics import LiveTopic, LiveTopics
from tidemark.api.push.reads import Reads
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.settings.settings import Settings


class Hub(House[LiveTopic]):
    """All push clients of the monitor. `market` are the figures of all markets at any moment: REST reads them too."""

    topics: LiveTopics

    def __init__(
        self,
        reads: Reads,
        *,
        clients: int,
        series: int,
        ledger: Ledger,
        authenticate: Callable[[str, str], Awaitable[bool]] | None = None,
    ) -> None:
        slots = self.account(clients, ledger)
        self.market = MarketFigures(reads, series=series, ledger=ledger)
        topics = LiveTopics(replace(reads, clients=self.seats), self.market, clients=clients, ledger=ledger)
        super().__init__(topics, reads.clock, slots=slots, authenticate=authenticate)

    @staticmethod
    def reserve(settings: Settings, *, series: int) -> list[Reservation]:
        """What a hub of these settings will take, without allocating it."""
        return [
            House.room(settings.api.clients),
            *MarketFigures.reserve(series=series),
            *LiveTopics.reserve(clients=settings.api.clients),
        ]

    def check(self, now_ns: int) -> None:
        """Once a second: note what the markets do, whoever looks, then see after the clients."""
        self.market.follow(self._clock.now_ns())
        super().check(now_ns)
