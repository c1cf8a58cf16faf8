import numpy as np

from tidemark.backtest.bars import FIGURES, Bars

TIMES = np.array([0, 60, 120], np.int64)
BARS = Bars.of(3, TIMES, {name: np.arange(1.0, 4.0) for name in FIGURES})


def test_candles_of_one_market_carry_its_number() -> None:
    assert BARS.market.tolist() == [3, 3, 3]
    assert BARS.market.dtype == np.int32
    assert len(BARS) == 3


def test_candles_of_a_file_are_copied_for_kernels_and_no_others() -> None:
    read_only = Bars.of(3, TIMES, {name: np.arange(1.0, 4.0) * number for number, name in enumerate(FIGURES, 1)})
    for name in FIGURES:
        getattr(read_only, name).flags.writeable = False

    made = read_only.writable()

    assert made.close.flags.writeable
    assert made.figures().tolist() == [getattr(read_only, name).tolist() for name in FIGURES]
    assert np.shares_memory(made.figures(), made.volume)
    assert made.writable() is made
    # A part of them is none of whole rows.
    part = made.part(1, 3)
    assert part.figures().tolist() == [getattr(read_only, name).tolist()[1:] for name in FIGURES]
    assert part.writable().figures().flags.c_contiguous


def test_a_part_lies_over_the_same_memory() -> None:
    part = BARS.part(1, 3)

    assert part.open_time.tolist() == [60, 120]
    assert part.close.tolist() == [2.0, 3.0]
    assert np.shares_memory(part.close, BARS.close)
