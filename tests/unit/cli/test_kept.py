from pathlib import Path

import pytest
from tests.signal_records import AT, story

from tidemark.cli.kept import begin_of, kept_signals, moment
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.settings.settings import load
from tidemark.store import signal_rows
from tidemark.store.signal_log import SignalLog
from tidemark.units import HOUR, MIB, SECOND


def test_what_the_log_has_that_is_new_is_seen_at_each_look(tmp_path: Path) -> None:
    chosen = load(None, {}, {"store.folder": str(tmp_path)}).settings
    log = SignalLog(tmp_path / "bybit" / "signals", MIB, Ledger())
    log.offer(story(0))
    with kept_signals(chosen) as kept:
        assert kept is not None
        for count in (1, 2):
            with kept.read() as connection:
                assert len(list(signal_rows.signals(connection, "bybit"))) == count
            log.offer(story(1))


def test_where_nothing_was_kept_nothing_is_made(tmp_path: Path) -> None:
    chosen = load(None, {}, {"store.folder": str(tmp_path / "none")}).settings
    with kept_signals(chosen) as kept:
        assert kept is None
    assert not (tmp_path / "none").exists()


def test_a_time_is_counted_back_from_now() -> None:
    assert begin_of(None, AT) is None
    assert begin_of("2h", AT) == AT - 2 * HOUR
    with pytest.raises(SettingsError, match="soon"):
        begin_of("soon", AT)
    assert moment(AT + SECOND) == "2023-11-14 22:13:21"
