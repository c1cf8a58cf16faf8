import msgspec

from tidemark.model.round_trip import Exit, RoundTrip
from tidemark.model.signal import Side

TRIP = RoundTrip(
    number=1, symbol="BTCUSDT", tag="", side=Side.LONG, quantity=2.0, entry_at=1, entry_price=100.0, exit_at=2,
    exit_price=103.0, exit=Exit.TARGET, fees=0.5, funding=-0.1, slippage=0.0, profit=5.6, risk=4.0, best=0.03,
    worst=-0.01, bars=7,
)  # fmt: skip


def test_the_profit_is_told_in_multiples_of_the_risk() -> None:
    assert TRIP.r == 1.4


def test_without_a_stop_there_are_no_multiples() -> None:
    assert msgspec.structs.replace(TRIP, risk=None).r is None


def test_it_is_written_and_read_again() -> None:
    assert msgspec.json.decode(msgspec.json.encode(TRIP), type=RoundTrip) == TRIP
