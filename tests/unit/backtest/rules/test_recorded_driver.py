"""The rules over a recording: what the service signalled, and nothing else, is traded."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.backtests import Kept, account, candles
from tests.recorded_rules import ASKED, MARKETS, MINUTES, lived

from tidemark.backtest.rules.asked import asked
from tidemark.backtest.rules.recorded_driver import RecordedDriver
from tidemark.backtest.rules.recording import Recorded
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Record, Signal
from tidemark.store.lines import line_of
from tidemark.units import MINUTE


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Record]]:
    folder = tmp_path_factory.mktemp("service") / "recording"
    return folder, lived(folder)


def driver(folder: Path, kept: Kept, heard: list[Record], markets: Sequence[str] = MARKETS) -> RecordedDriver:
    return RecordedDriver(
        asked("rules", ASKED), Recorded(folder), markets, account(*markets), kept, ledger=Ledger(), hear=heard.extend
    )


def test_the_signals_of_a_backtest_are_those_of_the_service_that_was_recorded(
    service: tuple[Path, list[Record]],
) -> None:
    folder, told = service
    heard: list[Record] = []
    made = driver(folder, Kept(), heard)

    for _ in made.over():
        pass
    made.end()

    assert sum(isinstance(one, Signal) for one in told) >= 4
    # Ids, times and figures: all that a log of signals has of them.
    assert b"".join(map(line_of, heard)) == b"".join(map(line_of, told))


def test_what_it_signals_is_traded_with_minutes_that_opened_later(service: tuple[Path, list[Record]]) -> None:
    folder, told = service
    kept, heard = Kept(), list[Record]()
    made = driver(folder, kept, heard)

    minutes = sum(len(bars) for bars in made.over())
    made.end()

    assert minutes == len(MARKETS) * (MINUTES - 1)
    assert len(kept.at) == MINUTES - 1
    signals = {one.symbol: one for one in reversed(told) if isinstance(one, Signal)}
    (said,) = [one for one in made.told() if one.rule == "confluence"]
    assert kept.all
    assert len(kept.all) <= said.traded <= said.signals - said.busy
    for trip in kept.all:
        first = signals[trip.symbol]
        assert trip.entry_at >= -(-first.at // MINUTE) * MINUTE
        assert trip.tag == "confluence"
        assert trip.regime
    assert made.warm_up == 200


def test_a_market_that_is_left_out_is_not_traded_and_changes_nothing(service: tuple[Path, list[Record]]) -> None:
    folder, told = service
    kept, heard = Kept(), list[Record]()
    made = driver(folder, kept, heard, MARKETS[1:])

    minutes = sum(len(bars) for bars in made.over())

    assert minutes == MINUTES - 1
    assert heard == told
    assert {trip.symbol for trip in kept.all} <= {MARKETS[1]}


def test_candles_of_others_and_an_engine_without_minutes_are_refused(service: tuple[Path, list[Record]]) -> None:
    folder, _ = service

    with pytest.raises(SettingsError, match="3 candles were given to a run over a recording"):
        driver(folder, Kept(), []).take(candles([1.0, 2.0, 3.0]))
    with pytest.raises(SettingsError, match=r"name it in candles\.timeframes"):
        RecordedDriver(
            asked("rules", {"candles.timeframes": "10s,5m"}), Recorded(folder), MARKETS, account(*MARKETS), Kept(),
            ledger=Ledger(),
        )  # fmt: skip
