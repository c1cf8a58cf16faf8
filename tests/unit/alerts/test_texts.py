import re
from pathlib import Path
from typing import Any

import pytest
from tests.alerting import AT, event

from tidemark.alerts.texts import MOST_PLAIN, MOST_RICH, Gathered, Texts, title_of
from tidemark.errors import SettingsError
from tidemark.model.notification import Event, Severity
from tidemark.model.signal import WHOLE, Read
from tidemark.units import MINUTE, SECOND


def gathered(*events: Event, count: int | None = None, **others: Any) -> Gathered:
    symbols = tuple(dict.fromkeys(one.symbol for one in events))
    told: dict[str, Any] = {
        "count": count or len(events), "severity": Severity.WARNING, "events": events, "symbols": symbols,
        "symbol_count": len(symbols), "rules": tuple(dict.fromkeys(one.rule for one in events)),
    }  # fmt: skip
    return Gathered(**(told | others))


def texts(folder: Path | None = None, link: str | None = "http://here:1/", warned: list[str] | None = None) -> Texts:
    return Texts(folder, link, (warned if warned is not None else []).append)


def test_one_event_is_told_with_its_figures_and_their_ages() -> None:
    told = texts().plain(gathered(event(0), scorecards=("Confluence: 41 signals",)), AT + 90 * SECOND)

    assert told.splitlines() == [
        "S0USDT: sentence 0 (1m30s ago, at 100)",
        "  score 66 (0.5s old)",
        "Confluence: 41 signals",
        "http://here:1/#/symbol/S0USDT",
    ]


def test_many_events_are_all_counted_and_their_markets_named() -> None:
    events = tuple(event(number) for number in range(10))
    symbols = tuple(f"S{number}USDT" for number in range(100))
    told = texts().plain(gathered(*events, count=812, symbols=symbols, symbol_count=560), AT + MINUTE)

    assert told.count("sentence") == 10
    assert "and 802 more\n" in told
    assert all(symbol in told for symbol in symbols)
    assert "S99USDT and 460 more" in told
    assert told.endswith("http://here:1/#/alerts")


def test_html_says_the_same_and_nothing_in_it_is_markup() -> None:
    told = texts().rich(gathered(event(0, sentence="<script>1</script> & more")), AT)

    assert "<script>" not in told
    assert "&lt;script&gt;" in told
    assert '<a href="http://here:1/#/symbol/S0USDT">' in told
    assert re.fullmatch(r"(?s)<p>.*</p>", told)


@pytest.mark.parametrize(
    ("events", "others", "expected"),
    [
        ((event(0),), {}, "S0USDT: Confluence long"),
        ((event(0), event(0)), {}, "S0USDT: Confluence long (2 times)"),
        ((event(0), event(1)), {}, "2 markets: Confluence long"),
        ((event(0), event(1, rule="whale_flow", title="Whale flow long")), {}, "2 alerts of 2 rules"),
        ((event(0), event(1, title="Confluence short")), {"count": 9}, "9 alerts of one rule"),
        ((event(0, symbol=WHOLE),), {}, "all markets: Confluence long"),
    ],
)
def test_a_title_says_what_and_how_many(events: tuple[Event, ...], others: dict[str, Any], expected: str) -> None:
    assert title_of(gathered(*events, **others)) == expected


def test_links_lead_to_the_market_where_there_is_one() -> None:
    assert texts().link_of(gathered(event(symbol="A/B"))) == "http://here:1/#/symbol/A%2FB"
    assert texts().link_of(gathered(event(symbol=WHOLE))) == "http://here:1/#/alerts"
    assert texts(link=None).link_of(gathered(event())) is None
    assert "http" not in texts(link=None).rich(gathered(event()), AT)


def test_texts_are_bounded_whatever_is_told() -> None:
    reads = tuple(Read("x" * 500, 1e300, 1e9) for _ in range(50))
    events = tuple(event(number, sentence="<" * 5000, reads=reads, symbol="&" * 40) for number in range(10))
    told = gathered(*events, symbols=tuple("<" * 40 for _ in range(100)), symbol_count=560)

    assert len(texts().plain(told, AT)) <= MOST_PLAIN
    rich = texts().rich(told, AT)
    assert len(rich) <= MOST_RICH
    assert rich.startswith("<pre>")


def test_own_templates_take_the_place_of_the_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("{{ title }} / {{ severity }}")

    assert texts(tmp_path).plain(gathered(event()), AT) == "S0USDT: Confluence long / warning"
    assert texts(tmp_path).rich(gathered(event()), AT).startswith("<p>")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ title", r"plain\.txt in .* is wrong: .*line 1"),
        ("{{ tilte }}", "'tilte' is undefined"),
        ("{{ events.append(1) }}", "is wrong"),
        ("{{ ''.__class__.__mro__ }}", "is wrong: access to attribute"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{% include '../secrets' %}", "is wrong"),
    ],
)
def test_a_wrong_template_stops_the_start(tmp_path: Path, template: str, words: str) -> None:
    (tmp_path / "plain.txt").write_text(template)
    with pytest.raises(SettingsError, match=words):
        texts(tmp_path)
    with pytest.raises(SettingsError, match="is no folder"):
        texts(tmp_path / "absent")


def test_a_template_that_fails_later_is_told_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("{{ 1 / (3 - events|length) }}")
    warned: list[str] = []
    made = texts(tmp_path, warned=warned)

    assert made.plain(gathered(event(0)), AT) == "0.5"
    assert "sentence 0" in made.plain(gathered(event(0), event(1), event(2)), AT)
    assert warned == ["the template plain.txt failed, and the built-in one is used: division by zero"]
    (tmp_path / "plain.txt").write_text("{% for n in range(90000) %}{{ n }}{% endfor %}")
    assert len(texts(tmp_path).plain(gathered(event()), AT)) == MOST_PLAIN
