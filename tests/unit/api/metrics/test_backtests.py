from pathlib import Path

from tests.backtest_monitor import backtesting
from tests.scraped import families, scraped, value

from tidemark.api.metrics.backtests import tell_backtests
from tidemark.api.metrics.exposition import Exposition
from tidemark.live.backtesting import Backtesting


def told(made: Backtesting | None) -> str:
    to = Exposition()
    tell_backtests(to, made)
    return to.text()


def test_the_process_and_its_runs_have_their_figures(tmp_path: Path) -> None:
    made = backtesting(tmp_path)
    made.resident, made.begun, made.ended = 1000, 3, {"done": 2, "failed": 1}
    found = scraped(told(made))

    assert value(found, "tidemark_backtest_process_bytes") == 1000
    assert value(found, "tidemark_backtests_waiting") == 0
    assert value(found, "tidemark_backtests_begun_total") == 3
    states = ("done", "failed", "interrupted", "cancelled")
    assert [value(found, "tidemark_backtests_ended_total", state=state) for state in states] == [2, 1, 0, 0]


def test_where_there_are_none_the_families_are_the_same(tmp_path: Path) -> None:
    assert families(told(None)) == families(told(backtesting(tmp_path)))
    assert "state=" not in told(None)
