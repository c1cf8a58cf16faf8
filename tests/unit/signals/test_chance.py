import numpy as np

from tidemark.signals.chance import DAYS, JITTER_S, drawn_at
from tidemark.units import DAY, SECOND

DRAWN = [drawn_at(f"BTCUSDT-whale_flow-long-{number}", 0) for number in range(2000)]


def test_it_is_on_another_day_within_half_an_hour_of_the_same_time() -> None:
    for at in DRAWN:
        day = round(at / DAY)
        assert 1 <= day <= DAYS
        assert abs(at - day * DAY) <= JITTER_S * SECOND


def test_the_days_and_the_minutes_are_even() -> None:
    days = np.bincount([round(at / DAY) for at in DRAWN])[1:]
    jitter = np.array([at - round(at / DAY) * DAY for at in DRAWN]) / SECOND

    # 2,000 draws: a third is 667 with a deviation of 21; the mean of the jitter has one of 23 s.
    assert (np.abs(days - 2000 / 3) < 5 * 21).all()
    assert abs(jitter.mean()) < 5 * 23


def test_it_follows_from_the_id_and_the_seed() -> None:
    assert drawn_at("a", 5 * DAY) == drawn_at("a", 0) + 5 * DAY
    assert drawn_at("a", 0) != drawn_at("b", 0)
    assert drawn_at("a", 0, seed=2) != drawn_at("a", 0, seed=1)
