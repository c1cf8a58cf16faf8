"""What a soak is a function of."""

from pathlib import Path

import msgspec

from tidemark.proof.simulation.schedule import Fault
from tidemark.settings.settings import Settings, load
from tidemark.units import SECOND

# The day on which every soak begins: 2026-03-01.
EPOCH_NS = 1_772_323_200 * SECOND
# The sinks of a soak, by their names; and with what the one sends that signs.
WEBHOOK, FILE = "receiver", "file"
FILE_NAME = "told.jsonl"
# What runs in the place of the process that tells people.
TELLING = "tidemark.proof.soak.telling"
SIGNED_WITH = "what-everybody-in-a-soak-knows"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A soak of *hours* of market.

    `rate`: messages a second, over all of *symbols* markets. `told`: settings of the service, beside those that a soak
    has of its own, as KEY: VALUE. backtest_s: when a backtest is asked for first, behind the first archive.
    """

    seed: int
    venue: str
    symbols: int
    rate: float
    hours: float
    faults: tuple[Fault, ...]
    told: dict[str, str] = msgspec.field(default_factory=dict)  # bounded: by the settings there are
    backtest_s: float = 4500.0


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the service: from when on, where its files are, and where the exchange listens.

    dial: the file that shows what time it is. receiver: where notifications go.
    """

    plan: Plan
    begun_ns: int
    store: str
    log: str
    stream_url: str
    dial: str
    receiver: str


def settings_of(life: Life) -> Settings:
    """What the service of a soak is told: what a user has by default, but for addresses and folders.

    And somebody is told of signals, more of them and more often.
    """
    own = {
        "venue.name": life.plan.venue,
        # No host has this name: requests go through the soak.
        "venue.rest_url": "http://exchange.soak",
        "venue.stream_url": life.stream_url,
        "store.folder": str(Path(life.store)),
        "archive.every": "1h",
        "log.format": "json",
        "alerts.sinks": f"{WEBHOOK} webhook:{life.receiver} secret={SIGNED_WITH}, {FILE} file:{FILE_NAME} size=1GB",
        "alerts.events": "raised, entered, target, stopped, expired, invalidated, ended",
        "alerts.cooldown": "30s",
        "alerts.rate": "600",
        # Who tells lives by the wall: while it only begins, hours may pass here.
        "alerts.max_age": "7d",
        # No fault lasts for as long as these take, which are an hour apart in the end.
        "alerts.attempts": "40",
    }
    return load(None, {}, {**own, **life.plan.told}).settings
