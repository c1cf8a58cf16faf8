"""The run as tables and as a page."""

import re
from pathlib import Path

import msgspec
import pytest
from tests.wyckoff_truth import SERIES_BARS, Oracles, Silent

from tidemark.errors import SettingsError, StoreError
from tidemark.proof.accuracy import report
from tidemark.proof.accuracy.tally import Share
from tidemark.proof.accuracy.tester import Run, evaluate
from tidemark.sim.schematics.label import KINDS
from tidemark.sim.schematics.parameters import REPORT

BARS = 10_000


@pytest.fixture(scope="module")
def run() -> Run:
    return evaluate(ORACLES, REPORT, BARS, 6, series_bars=SERIES_BARS, negative_bars=0)


ORACLES = Oracles(REPORT, BARS, 6, late=5)


def test_every_event_has_its_line_and_both_of_its_names(run: Run) -> None:
    head, rows = report.events_table(run.outcome.events, sides=True)

    assert len(rows) == 3 * len(KINDS)
    assert [row[0] for row in rows[3:6]] == ["climax", "· SC", "· BC"]
    climax = dict(zip(head, rows[3], strict=True))
    assert climax["F1"].startswith("1.000 ")
    assert (climax["wanted"], climax["delay"], climax["p90"]) == ("0.80", "5", "5")
    assert len(report.events_table(run.outcome.events, sides=False)[1]) == len(KINDS)


def test_the_page_says_what_was_measured_on_what(run: Run) -> None:
    page = report.html(run, "an oracle")

    assert page.startswith("<!doctype html>")
    assert "Wyckoff accuracy of an oracle" in page
    assert "drawn from the report set with seed 6: no threshold was tuned on its figures" in page
    assert "<td>width</td><td>4 to 10</td><td>3 to 11</td>" in page
    assert page.count("<svg") == page.count("</svg>") == len(run.pictures) >= 6


def test_the_page_fetches_nothing_and_holds_no_nan(run: Run) -> None:
    page = report.html(run, "an oracle")

    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert "nan" not in page.lower().replace("finance", "")


def test_a_file_and_the_tuned_set_are_not_taken_for_a_proof(run: Run) -> None:
    tuned = msgspec.structs.replace(run.outcome, dataset="tune")
    file = msgspec.structs.replace(run.outcome, dataset="mine.json", seed=None)

    assert report.origin(tuned).endswith("with seed 6: not a proof.")
    assert report.origin(file).endswith("from mine.json.")


def test_a_picture_has_the_truth_above_and_what_was_found_below(run: Run) -> None:
    one = next(one for one in run.pictures if one.labels[0].template == "ACCUMULATION_1")
    drawn = report.picture(one)

    assert drawn.count(">SPRING<") == 2
    assert drawn.count("fill=#1b5e9e") == len(one.found)
    assert all(f">{phase}</text>" in drawn for phase in "ABCDE")


def test_shares_and_delays_are_written_short() -> None:
    assert report.within(Share(1.0, 0.95, 1.0)) == "1.000 .95-1.00"
    assert report.within(Share(None, 0.0, 1.0)) == "none"
    assert (report.bars(None), report.bars(4.0)) == ("-", "4")


def test_negatives_have_a_column_each(run: Run) -> None:
    tried = evaluate(lambda _: Silent(), REPORT, 1000, 1, negative_bars=1000)
    head, rows = report.negatives_table(tried.outcome)

    assert head == ("a 1,000 bars", "random walk", "GARCH")
    assert rows[-1][1] == "0.00 (at most 1 wanted)"
    assert "<h2>Where nothing is</h2>" in report.html(tried, "x")
    assert "<h2>Where nothing is</h2>" not in report.html(run, "x")


def test_the_page_is_written_where_it_can_be(run: Run, tmp_path: Path) -> None:
    report.write(run, "an oracle", tmp_path / "new" / "page.html")
    assert (tmp_path / "new" / "page.html").read_text() == report.html(run, "an oracle")

    with pytest.raises(SettingsError, match=r"use \.html"):
        report.write(run, "an oracle", tmp_path / "page.md")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        report.write(run, "an oracle", tmp_path / "file" / "page.html")
