"""Small builders for tests of alerts: records of signals, events, settings."""

from typing import Any

from tidemark.model.notification import Event, Happening, Severity
from tidemark.model.signal import Kind, Read, Reason, Side, Signal, Stage, Transition
from tidemark.settings.alerting import Alerts
from tidemark.sources import Secret
from tidemark.units import SECOND

AT = 1_764_000_000 * SECOND


def signal(**others: Any) -> Signal:
    """One of a cascade in BTCUSDT, with *others* in the place of its fields."""
    told: dict[str, Any] = {
        "id": "BTCUSDT-liquidation_cascade-long-1764000000", "rule": "liquidation_cascade", "name": "long",
        "symbol": "BTCUSDT", "side": Side.LONG, "kind": Kind.TRADE, "at": AT, "price": 100.0, "score": 61.5,
        "regime": "trend", "reads": (Read("liquidated_longs", 50000.0, 1.5),), "limits": {"enter": 1.0},
        "sentence": "50,000 of longs liquidated",
    }  # fmt: skip
    return Signal(**(told | others))


def transition(**others: Any) -> Transition:
    """Its first target, with *others* in the place of its fields."""
    told: dict[str, Any] = {
        "id": signal().id, "at": AT + SECOND, "was": Stage.ACTIVE, "now": Stage.ACTIVE, "reason": Reason.FIRST_TARGET,
        "price": 101.0, "reads": (),
    }  # fmt: skip
    return Transition(**(told | others))


def event(number: int = 0, **others: Any) -> Event:
    """The event of that number, of one group with all others."""
    told: dict[str, Any] = {
        "key": f"key-{number}", "id": f"id-{number}", "happened": Happening.RAISED, "rule": "confluence",
        "name": "long",
        "symbol": f"S{number}USDT", "side": Side.LONG, "at": AT + number, "severity": Severity.WARNING,
        "title": "Confluence long", "sentence": f"sentence {number}", "price": 100.0 + number,
        "reads": (Read("score", 66.0, 0.5),),
    }  # fmt: skip
    return Event(**(told | others))


def alerts(*sinks: str, **others: Any) -> Alerts:
    """Settings with these sinks."""
    return Alerts(sinks=tuple(Secret(sink) for sink in sinks), **others)
