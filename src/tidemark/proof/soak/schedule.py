"""What goes wrong in a soak, and when: a function of its seed."""

from collections.abc import Iterator
from random import Random

from tidemark.proof.simulation.schedule import CHANNELS, NARROWED, SWITCHES, Fault
from tidemark.proof.soak.receiver import Manner

# Between two faults, on average.
EVERY_S = 600.0
# First the history is fetched, and at the end all has to be whole again.
CALM_S = 600.0
QUIET_S = 900.0
# The service is killed twice and stopped once in the beginning, and killed once near the end: in between it lives long.
ENDS = (("kill", 0.02), ("restart", 0.035), ("kill", 0.05), ("kill", 0.97))
_MACHINE = ("cut", "down", "clock jump", "stall", "disk full", "database busy", "burst")

# Whom people are told by fails as well, one after the other, for so long at most: a notification is tried for longer.
MANNERS = {manner.value: manner for manner in Manner}
SINKS_EVERY_S = 1200.0
_SINK_S = (120.0, 600.0, 1200.0)
# Between two kills of the process that tells people, where it is killed: in between it lives long enough to be judged.
ALERTS_EVERY_S = 12 * 3600.0


def draw(seed: int, venue: str, hours: float, *, kills_alerts: bool = False) -> tuple[Fault, ...]:
    """The faults of a soak, in order of time. kills_alerts: also of the process that tells people."""
    rng = Random(f"soak {seed}")
    length_s = hours * 3600
    ends = [
        Fault(kind=kind, at_s=max(CALM_S + 60.0 * number, share * length_s), for_s=rng.choice((2.0, 45.0)))
        for number, (kind, share) in enumerate(ENDS)
        if share * length_s < length_s - QUIET_S
    ]
    faults, at = list[Fault](), CALM_S
    while (at := at + rng.expovariate(1.0 / EVERY_S)) < length_s - QUIET_S:
        faults.append(_one(rng, venue, round(at, 3), length_s - QUIET_S))
    faults += _of_sinks(seed, length_s - QUIET_S, kills_alerts=kills_alerts)
    return tuple(sorted((*faults, *ends), key=lambda fault: fault.at_s))


def _of_sinks(seed: int, end: float, *, kills_alerts: bool) -> Iterator[Fault]:
    # Drawn by itself: what else goes wrong by a seed stays as it was.
    rng = Random(f"soak sinks {seed}")
    kinds: list[str] = []
    at = CALM_S
    while (at := at + rng.expovariate(1.0 / SINKS_EVERY_S)) < end:
        # Each in its turn, in an order that the seed decides: also a short soak has all of them.
        kinds = kinds or rng.sample(sorted(MANNERS), len(MANNERS))
        length = min(end - at, rng.choice(_SINK_S) * rng.uniform(0.5, 1.0))
        yield Fault(kind=kinds.pop(), at_s=round(at, 3), for_s=round(length, 3))
        at += length
    at = CALM_S
    while kills_alerts and (at := at + ALERTS_EVERY_S * rng.uniform(0.75, 1.25)) < end:
        yield Fault(kind="alerts kill", at_s=round(at, 3))


def _one(rng: Random, venue: str, at: float, end: float) -> Fault:
    kind = rng.choice((*SWITCHES, *_MACHINE))
    length = round(rng.choice((2.0, 15.0, 40.0, 90.0)) * rng.uniform(0.5, 1.0), 3)
    if kind in SWITCHES:
        channels = tuple(c for c in CHANNELS[venue] if rng.random() < 0.5) if kind in NARROWED else ()
        return Fault(kind=kind, at_s=at, for_s=length, channels=channels)
    amount = {
        "cut": rng.random(),
        "clock jump": rng.choice((-1.0, 1.0)) * rng.choice((0.4, 3.0, 90.0, 7200.0)),
        "stall": rng.choice((0.5, 5.0, 40.0)),
        "burst": rng.choice((1.0, 5.0)),
    }.get(kind, 0.0)
    lasts = {"down": length, "disk full": length, "database busy": 3600.0 * rng.random()}.get(kind, 0.0)
    return Fault(kind=kind, at_s=at, for_s=round(min(lasts, end - at), 3), amount=round(amount, 3))
