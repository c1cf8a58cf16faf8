import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import msgspec
import pytest
import sqlalchemy as sa
from tests.unit.backtest.reports.conftest import HOSTILE

from tidemark.backtest.reports.gathered import Gathered, gather
from tidemark.backtest.reports.page import MOST_CODE, html
from tidemark.backtest.runs.comparison import result_in
from tidemark.store.backtest_rows import Run, State

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """What a page is made of: its elements, its words, what it would fetch or run; each element has its end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.fetched += [name for name, value in attrs if name in {"src", "href", "action"} or name.startswith("on")]
        self.fetched += [name for name, value in attrs if name == "style" and "url" in (value or "")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def gathered(engine: sa.Engine, run: Run) -> Gathered:
    with engine.connect() as connection:
        return gather(connection, run)


def test_a_report_has_everything_in_it_and_fetches_and_runs_nothing(engine: sa.Engine, done: Run) -> None:
    text = html(gathered(engine, done))
    page = Page(text)

    assert page.open == page.fetched == []
    assert not {"script", "img", "link", "iframe", "b-up"} & set(page.elements)
    assert "@import" not in text
    assert "url(" not in text
    assert re.findall(r"[a-z]+://[^\"<\s]*", text.replace("http://www.w3.org/2000/svg", "")) == []
    # Equity, drawdown and chance twice each, and four pictures of trips.
    assert page.elements.count("svg") == 10
    for drawn in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        ET.fromstring(drawn)  # noqa: S314 - ours


def test_it_says_what_was_run_over_what_and_with_which_settings(engine: sa.Engine, done: Run) -> None:
    told = gathered(engine, done)
    page = Page(html(told))
    result = result_in(done)

    words = " ".join(page.words.split())
    for wanted in (
        told.data.digest, told.settings.code.sha256, result.digest, done.id, "trips at random times",
        "shuffled markets", "bought and held", "Jan", "slippage.fixed.bps", "By symbol", "By tag",
        "class Cross(Strategy):",
    ):  # fmt: skip
        assert wanted in words, wanted


def test_foreign_words_are_words(engine: sa.Engine, done: Run) -> None:
    """The name of the run, the tags of its trips, its code."""
    text = html(gathered(engine, done))
    page = Page(text)

    assert HOSTILE in page.words
    assert "</table><b>up" in page.words
    assert "<script" not in text
    assert "b" not in page.elements[page.elements.index("main") :]


def test_a_run_that_failed_says_why_and_shows_what_it_had(engine: sa.Engine, failed: Run) -> None:
    text = html(gathered(engine, failed))
    page = Page(text)

    assert "It failed: this is what it had written down until then." in page.words
    assert "</pre><img src=x>" in page.words
    assert "img" not in page.elements
    assert "Could it be luck?" not in page.words
    assert page.elements.count("svg") > 4


@pytest.mark.parametrize("state", [State.RUNNING, State.INTERRUPTED, State.CANCELLED])
def test_every_state_explains_itself_also_without_a_trip_or_a_point(state: State, engine: sa.Engine, done: Run) -> None:
    run = msgspec.structs.replace(done, id="none", state=state, result=None)
    page = Page(html(gathered(engine, run)))

    assert "this is what it ha" in page.words
    assert "No equity was written down" in page.words
    assert "There were none." in page.words
    assert "svg" not in page.elements


def test_a_very_long_file_is_cut(engine: sa.Engine, done: Run) -> None:
    told = gathered(engine, done)
    code = msgspec.structs.replace(told.settings.code, text="x" * (2 * MOST_CODE))
    long = msgspec.structs.replace(told, settings=msgspec.structs.replace(told.settings, code=code))

    assert len(html(long)) < len(html(told)) + MOST_CODE


def test_the_same_run_gives_the_same_page(engine: sa.Engine, done: Run) -> None:
    assert html(gathered(engine, done)) == html(gathered(engine, done))
