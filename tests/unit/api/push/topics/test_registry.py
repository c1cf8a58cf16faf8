from pathlib import Path

import pytest

from tidemark.api.push.figures import NAMES
from tidemark.api.push.topics import registry
from tidemark.api.push.topics.base import Kind

KINDS = registry.kinds()


def test_every_module_of_the_folder_is_found() -> None:
    assert sorted(KINDS) == [
        "backtests",
        "book",
        "candle",
        "health",
        "memory",
        "notifications",
        "overview",
        "score",
        "signals",
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_says_how_often_and_how_many(kind: type[Kind]) -> None:
    assert kind.PERIOD_MS in {250, 1000}
    assert kind.MOST >= 1
    assert isinstance(kind.IS_WHOLE, bool)
    is_conflated = kind not in {KINDS["signals"], KINDS["notifications"]}
    assert is_conflated == kind.CONFLATES, "market data conflates, and what is said once does not"
    assert kind.__doc__


def test_all_together_are_few_enough_to_be_planned() -> None:
    assert sum(kind.MOST for kind in KINDS.values()) <= 210


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("overview", "overview"),
        ("memory", "memory"),
        ("health", "health"),
        ("signals", "signals"),
        ("notifications", "notifications"),
        ("score.BTCUSDT", "score"),
        ("book.1000PEPEUSDT", "book"),
        ("candle.BTC-27NOV26.1m", "candle"),
        ("candle.ÄUSDT.10s", "candle"),
    ],
)
def test_a_name_belongs_to_one_kind(name: str, kind: str) -> None:
    assert [found for found, one in KINDS.items() if one.PATTERN.fullmatch(name)] == [kind]


@pytest.mark.parametrize(
    "name",
    ["", "overview.", "Overview", "score", "score.", "score.A.B", "score.a b", "candle.BTCUSDT", "candle.BTCUSDT.",
     "candle..1m", "book./etc", "book." + "x" * 41, "candle.BTCUSDT.1m\n", "signals.BTCUSDT", "backtest.1"],
)  # fmt: skip
def test_other_names_belong_to_none(name: str) -> None:
    assert [kind for kind in KINDS.values() if kind.PATTERN.fullmatch(name)] == []


def test_the_documentation_names_every_topic_and_every_column() -> None:
    page = (Path(__file__).parents[5] / "docs" / "reference" / "push.md").read_text(encoding="utf-8")

    headings = {line.removeprefix("### `").partition("`")[0].partition(".")[0] for line in page.splitlines()}
    assert set(KINDS) <= headings
    assert all(f"`{name}`" in page for name in NAMES)
    said = {name: kind.MOST for name, kind in KINDS.items()}
    assert f"{said['score']} topics of scores, {said['book']} of books and {said['candle']} of candles" in page
