"""What a soak is a function of."""

from pathlib import Path

import msgspec

from tidemark.proof.simulation.schedule import Fault
from tidemark.settings.settings import Settings, load
from tidemark.units import SECOND

# The day on which every soak begins: 2026-03-01.
EPOCH_NS = 1_772_323_200 * SECOND


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A soak of *hours* of market.

    `rate`: messages a second, over all of *symbols* markets. `told`: settings of the service, beside those that a soak
    has of its own, as KEY: VALUE.
    """

    seed: int
    venue: str
    symbols: int
    rate: float
    hours: float
    faults: tuple[Fault, ...]
    told: dict[str, str] = msgspec.field(default_factory=dict)  # bounded: by the settings there are


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the service: from when on, where its files are, and where the exchange listens."""

    plan: Plan
    begun_ns: int
    store: str
    log: str
    stream_url: str


def settings_of(life: Life) -> Settings:
    """What the service of a soak is told: what a user has by default, but for addresses and folders."""
    own = {
        "venue.name": life.plan.venue,
        # No host has this name: requests go through the soak.
        "venue.rest_url": "http://exchange.soak",
        "venue.stream_url": life.stream_url,
        "store.folder": str(Path(life.store)),
        "archive.every": "1h",
        "log.format": "json",
    }
    return load(None, {}, {**own, **life.plan.told}).settings
