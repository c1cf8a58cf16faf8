from pathlib import Path

from tests.scraped import families, scraped, value

from tidemark.api.metrics.alerts import tell_alerts
from tidemark.api.metrics.exposition import Exposition
from tidemark.clock import SystemClock
from tidemark.live.alerting import Alerting
from tidemark.live.alerts_job import AlertsFigures, SinkFigures
from tidemark.memory.ledger import Ledger
from tidemark.settings.settings import load


def told(alerting: Alerting | None) -> str:
    to = Exposition()
    tell_alerts(to, alerting)
    return to.text()


def alerting(folder: Path) -> Alerting:
    settings = load(None, {}, {"alerts.sinks": "log file:hidden.jsonl"}).settings
    return Alerting(settings, folder / "bybit", SystemClock(), Ledger())


def test_each_sink_has_its_figures(tmp_path: Path) -> None:
    made = alerting(tmp_path)
    well = SinkFigures(name="log", scheme="file", pending=2, dead=1, sent=7, failed=3, failure=None)
    ill = SinkFigures(name="phone", scheme="ntfy", pending=0, dead=0, sent=0, failed=1, failure="it did not answer")
    made.figures = AlertsFigures(events=9, late=1, notifications=5, unread=4, sinks=(well, ill))
    made.resident, made.begun = 1000, 2
    text = told(made)
    found = scraped(text)

    names = ("pending", "dead", "sink_failing", "sent_total", "failed_total")
    assert [value(found, f"tidemark_alerts_{name}", sink="log", scheme="file") for name in names] == [2, 1, 0, 7, 3]
    assert value(found, "tidemark_alerts_sink_failing", sink="phone", scheme="ntfy") == 1
    assert value(found, "tidemark_alerts_unread") == 4
    assert value(found, "tidemark_alerts_process_bytes") == 1000
    assert value(found, "tidemark_alerts_process_begun_total") == 2
    assert "hidden" not in text


def test_before_it_said_something_and_without_a_sink_it_has_none(tmp_path: Path) -> None:
    assert value(scraped(told(alerting(tmp_path))), "tidemark_alerts_process_bytes") == 0
    assert families(told(None)) == families(told(alerting(tmp_path)))
    assert "sink=" not in told(None) + told(alerting(tmp_path))
