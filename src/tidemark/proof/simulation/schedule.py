"""What goes wrong in one simulation, and when: a function of its seed."""

from random import Random
from typing import Any

import msgspec

from tidemark.sim.faults import Faults

# Nothing goes wrong before the first, nor in the last so many seconds: what broke has to be whole again by the end.
CALM_S = 40.0
QUIET_S = 200.0
LEAST_S = CALM_S + QUIET_S + 60.0

CHANNELS = {"bybit": ("trade", "ticker", "book", "liquidation"), "binance": ("trade", "ticker", "book", "mark")}
# What the exchange does for a while. Each takes the place of another of its name.
SWITCHES: dict[str, dict[str, Any]] = {
    "silent": {"silent": True},
    "silent without pings": {"silent": True, "answer_pings": False},
    "duplicate": {"duplicate": 0.3},
    "reorder": {"reorder": 0.3, "reorder_ms": 1500},
    "delay": {"delay_ms": 1200},
    "gap": {"gap": 0.2},
    "malformed": {"malformed": 0.2, "malformed_kinds": ("truncated", "wrong_types", "not_a_number", "deep", "binary")},
    "book break": {"book_break": 0.05},
    "crossed book": {"book_cross": 0.05},
    "book restart": {"book_restart": 0.02},
    "missing trades": {"trade_missing": 0.1},
    "too many requests": {"too_many_requests": 0.5},
    "banned": {"too_many_requests": 0.2, "banned": True, "retry_after_s": 5},
    "server error": {"server_error": 0.5},
    "slow answers": {"rest_delay_s": 3.0},
    "skewed clock": {"clock_skew_ms": 3000},
    "drop often": {"drop_every_s": 8.0},
}
NARROWED = frozenset({"silent", "duplicate", "reorder", "delay", "gap", "malformed"})
# What the network, the machine or its user does; those with a length are over after a while.
NETWORK = ("cut", "freeze", "down")
MACHINE = ("clock jump", "stall", "disk full", "restart", "kill")
_LASTS = frozenset({"down", "disk full"})


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong, from `at_s` of the simulation on for `for_s` seconds, 0 when it is over at once.

    `kind` is a key of SWITCHES, or one of NETWORK, MACHINE, or "burst". `channels`: what it touches, none means all.
    `amount`: a share of connections, or seconds.
    """

    kind: str
    at_s: float
    for_s: float = 0.0
    channels: tuple[str, ...] = ()
    amount: float = 0.0

    @property
    def is_of_the_market(self) -> bool:
        """Whether it changes what is traded, or what time a trade bears: then a world without faults has it too."""
        return self.kind in {"burst", "skewed clock"}


def draw(seed: int, venue: str, length_s: float) -> list[Fault]:
    """The faults of a simulation of *length_s* seconds, at least LEAST_S, in order of time."""
    rng = Random(f"faults {seed}")
    end = length_s - QUIET_S
    count = 1 + min(12, int(rng.expovariate(60.0 / (end - CALM_S))))
    return sorted((_one(rng, venue, end) for _ in range(count)), key=lambda fault: fault.at_s)


def _one(rng: Random, venue: str, end: float) -> Fault:
    kind = rng.choice((*SWITCHES, *NETWORK, *MACHINE, "burst"))
    at = round(rng.uniform(CALM_S, end - 2.0), 3)
    length = round(min(end - at, rng.choice((2.0, 15.0, 40.0, 90.0)) * rng.uniform(0.5, 1.0)), 3)
    if kind in SWITCHES:
        channels = tuple(c for c in CHANNELS[venue] if rng.random() < 0.5) if kind in NARROWED else ()
        return Fault(kind=kind, at_s=at, for_s=length, channels=channels)
    amount = {
        "cut": rng.random(),
        "freeze": rng.random(),
        "clock jump": rng.choice((-1.0, 1.0)) * rng.choice((0.4, 3.0, 90.0, 7200.0)),
        "stall": rng.choice((0.5, 5.0, 40.0)),
        "burst": rng.choice((1.0, 5.0)),
    }.get(kind, 0.0)
    return Fault(kind=kind, at_s=at, for_s=length if kind in _LASTS else 0.0, amount=round(amount, 3))


def switched(faults: list[Fault], at_s: float) -> Faults:
    """What is switched at the exchange at *at_s*: all that lasts then, the later one of two that differ."""
    switches: dict[str, Any] = {}
    now = [fault for fault in faults if fault.kind in SWITCHES and fault.at_s <= at_s < fault.at_s + fault.for_s]
    for fault in now:
        switches |= SWITCHES[fault.kind]
    narrowed = [fault.channels for fault in now if fault.kind in NARROWED]
    channels = tuple(sorted({channel for each in narrowed for channel in each})) if all(narrowed) else ()
    return Faults(**switches, channels=channels)
