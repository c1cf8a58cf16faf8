"""Who is told: the process of the alerts and its sinks, as it said last. One label a sink, of which there are few."""

from tidemark.api.metrics.exposition import Exposition, labels
from tidemark.live.alerting import Alerting


def tell_alerts(to: Exposition, alerting: Alerting | None) -> None:
    """The process and each sink; nothing where no sink is configured, and no sink before the process said something."""
    told = alerting.figures if alerting is not None else None
    sinks = [(labels(sink=one.name, scheme=one.scheme), one) for one in (told.sinks if told is not None else ())]
    to.gauge("tidemark_alerts_process_bytes", "Memory of the process that tells people.", _resident(alerting))
    to.counter("tidemark_alerts_process_begun_total", "Processes that tell people, begun.", _begun(alerting))
    to.gauge("tidemark_alerts_unread", "Notifications that nobody has read.", told.unread if told else None)
    for name, words, values in (
        ("pending", "Notifications on their way to a sink.", [(of, one.pending) for of, one in sinks]),
        ("dead", "Notifications that a sink did not take, given up.", [(of, one.dead) for of, one in sinks]),
        (
            "sink_failing",
            "1: the last attempt at a sink failed.",
            [(of, int(one.failure is not None)) for of, one in sinks],
        ),
    ):
        to.gauges(f"tidemark_alerts_{name}", words, values)
    to.counters(
        "tidemark_alerts_sent_total",
        "Notifications that a sink took, since its process began.",
        [(of, one.sent) for of, one in sinks],
    )
    to.counters(
        "tidemark_alerts_failed_total",
        "Attempts at a sink that failed, since its process began.",
        [(of, one.failed) for of, one in sinks],
    )


def _resident(alerting: Alerting | None) -> int | None:
    return None if alerting is None else alerting.resident


def _begun(alerting: Alerting | None) -> int | None:
    return None if alerting is None else alerting.begun
