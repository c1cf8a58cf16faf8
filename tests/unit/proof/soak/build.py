"""Outcomes of a soak as a test makes them up: what is not said is that of a soak in order."""

from collections.abc import Callable
from typing import Any

import msgspec

from tidemark.proof.simulation.schedule import Fault
from tidemark.proof.soak.candles import Judged
from tidemark.proof.soak.conductor import Ended, Outcome, Sighting
from tidemark.proof.soak.delivery import Delivered
from tidemark.proof.soak.link import Facts
from tidemark.proof.soak.plan import Plan
from tidemark.proof.soak.receiver import Reception
from tidemark.units import MIB

HOURS = 72.0


def facts(**figures: Any) -> Facts:
    given: dict[str, Any] = {
        "peak_rss": 201 * MIB, "unaccounted": 3 * MIB, "messages": 0, "trades": 0, "candles": 0, "gaps": 0,
        "mismatched": 0, "compared": 0, "books_out": 0, "stale": 0, "given_up": (), "broken": (), "cpu_s": 60.0,
        "waited_s": 5.0, "alerts_begun": 1, "alerts_resident": 80 * MIB,
        "backtests": 1, "backtests_wrong": (),
    }  # fmt: skip
    return Facts(**given | figures)


def sighting(at_s: float, life: int = 1, **figures: Any) -> Sighting:
    own = {name: figures.pop(name) for name in list(figures) if name in Facts.__struct_fields__}
    given: dict[str, Any] = {
        "rss": 200 * MIB, "anonymous": 180 * MIB, "blocks": 270_000, "used": 150 * MIB, "tasks": 27, "descriptors": 15,
    }  # fmt: skip
    told = facts(**{"messages": round(at_s * 750), "trades": round(at_s * 500), **own})
    return Sighting(at_s=at_s, life=life, facts=told, **given | figures)


def delivered(**figures: Any) -> Delivered:
    given: dict[str, Any] = {
        "events": 900, "made": 200, "sent": 200,
        "reception": Reception(taken=100, repeated=3, again=1, failed={"sink hangs": 3, "sink refuses": 7}),
    }  # fmt: skip
    return Delivered(**given | figures)


def outcome(make: Callable[[float], Sighting] = sighting, *, hours: float = HOURS, **figures: Any) -> Outcome:
    plan = Plan(
        seed=1, venue="bybit", symbols=560, rate=750.0, hours=hours, faults=(Fault(kind="cut", at_s=900.0, amount=0.5),)
    )
    count = 720
    given: dict[str, Any] = {
        "plan": plan,
        "budget": 320 * MIB,
        "simulated_s": hours * 3600,
        "elapsed_s": 1_500.0,
        "service_cpu_s": 1_400.0,
        "service_waited_s": 100.0,
        "exchange_waited_s": 200.0,
        "sent": {"trade": 100},
        "requests": 50,
        "sightings": tuple(make(hours * 3600 * n / count) for n in range(1, count + 1)),
        "recordings": (),
        "ends": (Ended(life=1, at_s=hours * 3600, is_killed=False, code=0, error="", left=()),),
        "candles": Judged(compared=1_000, equal=990, recorded=10, gaps=5),
        "delivered": delivered(),
        "broken": (),
        "problems": (),
    }
    return Outcome(**given | figures)


def changed(**figures: Any) -> Outcome:
    return msgspec.structs.replace(outcome(), **figures)
