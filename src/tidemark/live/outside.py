"""What a process has of the world outside: its clock, and the ways to the exchange."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tidemark.clock import Clock, SystemClock
from tidemark.ingest.dial import Reach, reach
from tidemark.ingest.http import Transport
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.base import Venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """This machine, by default; a simulation gives another.

    reach: opens the TCP connection under a WebSocket. transport: carries one REST client's requests; None: HTTP.
    """

    clock: SystemClock = field(default_factory=SystemClock)
    reach: Reach = reach
    transport: Callable[[], Transport] | None = None

    def rest(self, venue: Venue, clock: Clock, *, attempts: int = 4) -> RestClient:
        """A client of the venue's REST side, by *clock*."""
        transport = None if self.transport is None else self.transport()
        return RestClient(venue, venue.endpoints, clock, attempts=attempts, transport=transport)
