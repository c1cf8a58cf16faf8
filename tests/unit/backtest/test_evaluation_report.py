from pathlib import Path

import pytest

from tidemark.backtest.evaluation import BINS, Evaluation, Read, Row
from tidemark.backtest.evaluation_report import markdown, picture, write
from tidemark.backtest.statistics import Estimate, Measured
from tidemark.errors import StoreError


def evaluation() -> Evaluation:
    estimate = Estimate(value=0.02, low=-0.01, high=0.05)
    measured = Measured(
        correlation=estimate, hits=0.52, base=0.5, edge=estimate, deciles=(estimate,) * 10, spread=estimate,
        samples=1000, independent=200, blocks=12, p=0.03, survives=True,
    )  # fmt: skip
    rows = tuple(
        Row(kind=kind, name=kind, horizon_s=300.0, measured=measured) for kind in ("factor", "component", "score")
    )
    return Evaluation(
        markets=(Read(symbol="A", source="a.parquet", candles=5, first=0, last=4),), timeframe="1m", every_s=300.0,
        rows=rows, percentiles={5: 33.0, 95: 66.0}, histogram=(1,) * BINS, coverage=0.34, tests=3,
    )  # fmt: skip


def test_figures_stand_with_their_intervals_and_what_was_corrected_for() -> None:
    page = markdown(evaluation(), "page.svg", "tidemark evaluate --data x", 5.5)

    assert "so that 34 % of the weight was there" in page
    assert "for all 3 tests of this page" in page
    row = "| 5m | +0.0200 [-0.0100, +0.0500] | yes | 52.00 | 50.00 | +2.00 [-1.00, +5.00] | +200.00 [-100.00, +500.00]"
    assert f"| score {row} | 1,000 | 200 | 12 |" in page
    assert page.count(row) == 3
    assert "| 95 | 66.0 |" in page


def test_the_picture_is_one_drawing_that_stands_alone() -> None:
    drawn = picture(evaluation())

    assert drawn.startswith("<svg ")
    assert drawn.count("<svg") == drawn.count("</svg>") == 1
    assert "href" not in drawn


def test_what_cannot_be_written_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="name another with --report"):
        write(evaluation(), tmp_path / "file" / "page.md", "x", 5.5)
