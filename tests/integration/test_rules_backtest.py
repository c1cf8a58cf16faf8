"""A backtest of the rules over what a service recorded tells, byte for byte, the signals that the service told."""

from pathlib import Path

import msgspec
import pytest
from tests.backtests import Kept, account
from tests.integration.service import exchange, tidemark
from tests.integration.test_restart import EAGER, SIM

from tidemark.backtest.rules.asked import asked
from tidemark.backtest.rules.recorded_driver import RecordedDriver
from tidemark.backtest.rules.recording import Recorded
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Record, Signal
from tidemark.store.lines import line_of

SECONDS = 15


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_the_signals_of_a_backtest_are_those_of_the_service(tmp_path: Path, venue: str) -> None:
    recording, heard = tmp_path / "recording", list[Record]()
    with exchange(*SIM, "--venue", venue) as sim:
        _, _, *settings = sim.arguments(tmp_path / "store", f"venue.name={venue}", *EAGER)
        with tidemark("capture", str(recording), "--for", f"{SECONDS}s", *settings) as process:
            code, _ = process.end()
    assert code == 0, process.lines
    logs = sorted(tmp_path.glob("store/*/signals/*.signals"))
    written = b"".join(path.read_bytes() for path in logs)

    recorded = Recorded(recording)
    made = RecordedDriver(
        asked("rules", dict(pair.split("=") for pair in EAGER)), recorded, recorded.markets,
        account(*recorded.markets), Kept(), ledger=Ledger(), hear=heard.extend,
    )  # fmt: skip
    for _ in made.over():
        pass

    assert sum(isinstance(one, Signal) for one in heard) >= 3, msgspec.json.encode(heard)
    assert b"".join(map(line_of, heard)) == written
