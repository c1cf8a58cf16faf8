from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.past import fill_signals
from tests.signal_records import outcome, signal, story
from tests.unit.api.conftest import Client
from tests.unit.api.routes import test_history
from tests.unit.api.routes.test_history import told

from tidemark.api.routes import scorecards
from tidemark.model.signal import Outcome, Record
from tidemark.signals.scorecard import scorecards as made

SCORECARD, CALIBRATION = "/api/v1/history/scorecard", "/api/v1/history/calibration"


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of whoever answers from the database in *tmp_path*."""
    async with test_history.answered(None, tmp_path) as client:
        yield client


def hourly(count: int, **given: str) -> list[Record]:
    """A trade an hour with its random entry, two in three won."""
    records: list[Record] = []
    for n in range(count):
        one = story(n * 60, 1.92 if n % 3 else -1.07, **given)
        records += [*one, outcome(signal(n * 60, **given), -1.07 if n % 2 else 1.92, is_null=True)]  # type: ignore[arg-type]
    return records


async def test_the_cards_are_those_of_the_outcomes_that_are_kept(asked: Client, tmp_path: Path) -> None:
    records = hourly(60)
    fill_signals(None, tmp_path, records)

    page = await told(asked, SCORECARD)

    (wanted,) = made([one for one in records if isinstance(one, Outcome)])
    (card,) = page["scorecards"]
    assert (page["by"], page["outcomes"], page["is_cut"], page["left_out"]) == (["rule"], 120, False, 0)
    assert (card["rule"], card["n"], card["is_enough"], card["verdict"]) == ("confluence", 60, True, wanted.verdict)
    assert card["mean_r_interval"] == list(wanted.mean_r_interval or ())
    assert card["win_rate"] == pytest.approx(2 / 3)


async def test_they_are_put_together_by_what_is_asked_and_too_few_is_said(asked: Client, tmp_path: Path) -> None:
    fill_signals(None, tmp_path, [*hourly(5), *hourly(3, symbol="ETHUSDT")])

    page = await told(asked, SCORECARD, by="symbol,side,symbol")
    one = await told(asked, SCORECARD, symbol="ETHUSDT", rule="confluence")

    assert page["by"] == ["symbol", "side"]
    assert [(card["symbol"], card["side"], card["n"]) for card in page["scorecards"]] == [
        ("BTCUSDT", 1, 5), ("ETHUSDT", 1, 3),
    ]  # fmt: skip
    assert all(card["verdict"].startswith("too few") for card in page["scorecards"])
    assert [card["n"] for card in one["scorecards"]] == [3]


async def test_of_many_groups_the_largest_are_told(
    asked: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorecards, "MOST_CARDS", 1)
    fill_signals(None, tmp_path, [*hourly(5), *hourly(3, symbol="ETHUSDT")])

    page = await told(asked, SCORECARD, by="symbol")

    assert ([card["symbol"] for card in page["scorecards"]], page["left_out"]) == (["BTCUSDT"], 1)


async def test_what_was_cut_is_said(asked: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorecards, "MOST_OUTCOMES", 4)
    fill_signals(None, tmp_path, hourly(5))

    card, curve = await told(asked, SCORECARD), await told(asked, CALIBRATION)

    assert (card["outcomes"], card["is_cut"], card["scorecards"][0]["n"]) == (4, True, 2)
    assert (curve["outcomes"], curve["is_cut"], curve["calibration"]["n"]) == (4, True, 2)


async def test_the_curve_says_what_a_score_was_worth(asked: Client, tmp_path: Path) -> None:
    fill_signals(None, tmp_path, hourly(60))

    told_ = (await told(asked, CALIBRATION, rule="confluence"))["calibration"]

    (full,) = [one for one in told_["bins"] if one["n"]]
    assert (told_["n"], full["low"], full["n"], full["is_enough"], full["mean_score"]) == (60, 70.0, 60, True, 71.5)


async def test_without_a_database_there_are_none_and_a_reason(asked: Client) -> None:
    page = await told(asked, SCORECARD)

    assert (page["scorecards"], page["outcomes"]) == ([], 0)
    assert page["note"].startswith("the database has no tables yet")


@pytest.mark.parametrize("by", ["", "colour", "rule,", "rule;side"])
async def test_what_trades_have_not_is_refused(asked: Client, by: str) -> None:
    async with asked.get(SCORECARD, params={"by": by}) as response:
        assert response.status == 400
        assert (await response.json())["detail"].startswith("by: ")
