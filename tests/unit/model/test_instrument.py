import msgspec
import pytest
from tests.build import instrument

from tidemark.model.instrument import Instrument, Status


@pytest.mark.parametrize(
    ("tick_size", "decimals"),
    [(1.0, 0), (10.0, 0), (0.1, 1), (0.5, 1), (0.25, 2), (0.01, 2), (0.00001, 5), (1e-8, 8), (0.0000125, 7)],
)
def test_as_many_decimals_are_shown_as_every_tick_needs(tick_size: float, decimals: int) -> None:
    made = instrument(tick_size=tick_size)

    assert made.price_decimals == decimals
    for ticks in (1, 3, 7, 1001):
        assert float(f"{ticks * tick_size:.{decimals}f}") == pytest.approx(ticks * tick_size, rel=1e-12)


def test_an_instrument_comes_back_from_its_json() -> None:
    made = instrument("币安人生USDT")

    assert msgspec.json.decode(msgspec.json.encode(made), type=Instrument) == made
    assert made.status is Status.TRADING


def test_two_of_the_same_figures_are_equal_and_any_change_shows() -> None:
    assert instrument() == instrument()
    assert msgspec.structs.replace(instrument(), tick_size=0.5) != instrument()
