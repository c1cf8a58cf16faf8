from pathlib import Path

import pytest
from rich.console import Console
from tests.unit.cli.test_replay import recording

from tidemark.cli.recorded import Recorded
from tidemark.errors import CaptureError
from tidemark.settings.settings import Settings
from tidemark.units import SECOND


def recorded(file: Path) -> Recorded:
    return Recorded(file, Settings(), Console(quiet=True), lambda outputs: None)


def test_it_goes_to_its_end_or_to_a_moment(tmp_path: Path) -> None:
    file = recording(tmp_path)
    whole, part = recorded(file), recorded(file)

    whole.play(Console(quiet=True))
    part.play(Console(quiet=True), until=part.held.first_recv + 100 * SECOND)

    assert (whole.engine.counters.trades, part.engine.counters.trades) == (199, 100)


def test_what_holds_no_market_says_so(tmp_path: Path) -> None:
    file = tmp_path / "empty.gz"
    import gzip

    file.write_bytes(gzip.compress(b'1793491200000000000 {"stream":"x@trade","data":{"e":"other"}}\n'))

    with pytest.raises(CaptureError, match="no trade of a linear USDT perpetual"):
        recorded(file)
