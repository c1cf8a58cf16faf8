"""What goes wrong in a soak, and when: a function of its seed."""

from random import Random

from tidemark.proof.simulation.schedule import CHANNELS, NARROWED, SWITCHES, Fault

# Between two faults, on average.
EVERY_S = 600.0
# First the history is fetched, and at the end all has to be whole again.
CALM_S = 600.0
QUIET_S = 900.0
# The service is killed twice and stopped once in the beginning, and killed once near the end: in between it lives long.
ENDS = (("kill", 0.02), ("restart", 0.035), ("kill", 0.05), ("kill", 0.97))
_MACHINE = ("cut", "down", "clock jump", "stall", "disk full", "database busy", "burst")


def draw(seed: int, venue: str, hours: float) -> tuple[Fault, ...]:
    """The faults of a soak, in order of time."""
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
    return tuple(sorted((*faults, *ends), key=lambda fault: fault.at_s))


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
