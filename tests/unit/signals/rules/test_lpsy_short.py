import msgspec
import numpy as np
import pytest

from tidemark.signals.rules import lps_long, lpsy_short

LIMITS = {name: float(value) for name, value in msgspec.structs.asdict(lpsy_short.Parameters()).items()}


def said(held: int = 0, **figures: float) -> tuple[int, bool]:
    told = {**lpsy_short.EXAMPLE, **{f"lpsy_{name}": figure for name, figure in figures.items()}}
    verdict = lpsy_short.judge(
        LIMITS, np.array([held], np.int8), *[np.array([told[name]]) for name in lpsy_short.READS]
    )
    return int(verdict.enter[0]), bool(verdict.stays[0])


@pytest.mark.parametrize(("volume", "depth", "enter"), [(1.2, 0.2, -1), (1.2 + 0.01, 0.2, 0), (1.2, 0.2 + 0.01, 0)])
def test_it_speaks_of_little_volume_not_far_beyond_the_bound(volume: float, depth: float, enter: int) -> None:
    assert said(volume=volume, depth=depth)[0] == enter


def test_it_speaks_with_the_candle_that_confirms_it_and_goes_on_for_three() -> None:
    assert [said(held=-1, bars=bars) for bars in (0.0, 3.0, 4.0)] == [(-1, True), (0, True), (0, False)]


def test_its_mirror_has_the_same_parameters_and_the_opposite_side() -> None:
    assert lps_long.MIRRORED == "lpsy_short"
    assert msgspec.structs.asdict(lps_long.Parameters()) == msgspec.structs.asdict(lpsy_short.Parameters())
    assert [-code for code in lps_long.CODES] == list(lpsy_short.CODES)
