import pytest

from tidemark.errors import SettingsError
from tidemark.sim.settings import SimSettings


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"venue": "kraken"}, "sim.venue is 'kraken'"),
        ({"symbols": 0}, "sim.symbols is 0"),
        ({"rate": 0.0}, "sim.rate is 0.0"),
        ({"speed": -1.0}, "sim.speed is -1.0"),
        ({"churn_s": -1.0}, "sim.churn_s is -1.0"),
        ({"trades_kept_s": -1.0}, "sim.trades_kept_s is -1.0"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(changes: dict[str, object], names: str) -> None:
    with pytest.raises(SettingsError, match=names):
        SimSettings(**({"venue": "bybit"} | changes))  # type: ignore[arg-type]


def test_as_fast_as_it_can_is_no_speed() -> None:
    assert SimSettings(venue="bybit", speed=None).speed is None
