from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from tests.samples import recording, sample, series
from tests.unit.proof.soak.build import changed, outcome, sighting

from tidemark.errors import SettingsError, StoreError
from tidemark.proof.audit import audit
from tidemark.proof.soak.candles import Judged
from tidemark.proof.soak.conductor import Ended
from tidemark.proof.soak.report import html, write
from tidemark.proof.soak.verdict import judge_soak


class Page(HTMLParser):
    """Counts the elements of a page, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.fetched: list[str] = []
        self.points: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in {"src", "href"}]
        self.points += [value or "" for name, value in attrs if tag == "polyline" and name == "points"]


def test_the_page_has_the_verdict_every_point_and_every_plot_and_fetches_nothing() -> None:
    found = outcome()
    audited = audit(recording(series(sample)), lambda: 0)
    judgement = judge_soak(found, audited)
    text = html(found, judgement, audited)
    page = Page(text)

    assert "Soak: 72 h of bybit, 560 markets, seed 1: <span class=INVALID>passed</span>" in text
    assert all(point.words in text for point in judgement.points)
    assert page.elements.count("svg") == 6
    assert page.fetched == []
    # RSS of 200 MB stands at the same height all the time, within the picture.
    heights = {float(pair.split(",")[1]) for pair in page.points[0].split()}
    assert len(heights) == 1
    assert 0 < heights.pop() < 190


def test_each_life_is_a_line_of_its_own() -> None:
    looks = tuple(sighting(600.0 * n, 1 + n // 4) for n in range(1, 12))
    ends = tuple(Ended(life=n, at_s=2_000.0 * n, is_killed=True, code=-9, error="", left=()) for n in (1, 2, 3))
    found = changed(sightings=looks, ends=ends)
    page = Page(html(found, judge_soak(found, None), None))

    assert len(page.points) == 10 * 3


def test_what_is_wrong_is_told_with_its_details_and_nothing_in_it_is_markup() -> None:
    found = changed(candles=Judged(compared=1, wrong=1, words=["1m of <b>X</b>"]))
    text = html(found, judge_soak(found, None), None)

    assert "<span class=VALID>failed</span>" in text
    assert "<li>1m of &lt;b&gt;X&lt;/b&gt;</li>" in text


def test_a_soak_without_a_look_is_a_page_too() -> None:
    found = changed(sightings=(), simulated_s=0.0)
    assert "failed" in html(found, judge_soak(found, None), None)


def test_a_name_that_says_no_page_and_a_folder_that_is_not_there_are_refused(tmp_path: Path) -> None:
    found = outcome()
    with pytest.raises(SettingsError, match=r"--report soak.md: a soak is written as a page; use .html"):
        write(found, judge_soak(found, None), None, Path("soak.md"))
    with pytest.raises(StoreError, match="cannot be written: No such file"):
        write(found, judge_soak(found, None), None, tmp_path / "none" / "soak.html")


def test_a_page_that_was_written_is_whole(tmp_path: Path) -> None:
    found = outcome()
    write(found, judge_soak(found, None), None, tmp_path / "soak.html")

    assert (tmp_path / "soak.html").read_text(encoding="utf-8").endswith("</html>\n")
    assert msgspec.json.encode(judge_soak(found, None))
