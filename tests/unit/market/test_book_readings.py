import numpy as np
import pytest

from tidemark.market.book_readings import Depths, Top, Tops

TOP = Top(bid=99.0, bid_size=3.0, ask=101.0, ask_size=1.0, ts_event=1, ts_recv=2)
TOPS = Tops(
    bid=np.array([99.0, 0.0]),
    bid_size=np.array([3.0, 0.0]),
    ask=np.array([101.0, 0.0]),
    ask_size=np.array([1.0, 0.0]),
    is_known=np.array([True, False]),
)


def test_one_book_and_all_of_them_are_read_alike() -> None:
    # (99 * 1 + 101 * 3) / 4; 2 of 100; (3 - 1) / 4.
    assert (TOP.mid, TOP.microprice, TOP.spread_bps, TOP.imbalance) == (100.0, 100.5, 200.0, 0.5)
    assert TOPS.mid().tolist() == [100.0, 0.0]
    assert TOPS.microprice().tolist() == [100.5, 0.0]
    assert TOPS.spread_bps().tolist() == pytest.approx([200.0, 0.0])
    assert TOPS.imbalance().tolist() == [0.5, 0.0]


def test_depth_leans_to_the_larger_side_and_nowhere_without_any() -> None:
    known = np.array([True, True, False])
    depths = Depths(bids=np.array([300.0, 0.0, 0.0]), asks=np.array([100.0, 0.0, 0.0]), is_known=known)

    assert depths.imbalance().tolist() == [0.5, 0.0, 0.0]


def test_mirrored_sides_lean_the_other_way() -> None:
    mirrored = Top(bid=99.0, bid_size=1.0, ask=101.0, ask_size=3.0, ts_event=1, ts_recv=2)

    assert mirrored.imbalance == -TOP.imbalance
    assert mirrored.microprice - mirrored.mid == -(TOP.microprice - TOP.mid)
