import msgspec
import pytest
from tests.round_trips import TRIP

from tidemark.backtest.runs.comparison import Comparison, Difference, Pair
from tidemark.backtest.runs.lookahead import Change, Checked, Forgetting
from tidemark.cli.backtest_shown import show_checked, show_comparison, show_run, show_runs, told_in_json
from tidemark.store.backtest_rows import Run, State

RUN = Run(
    id="cross-1", name="cross", created_at=1_704_067_200_000_000_000, state=State.FAILED, error="no idea",
    settings='{"request":{"strategy":"a.py","data":"x"},"strategy":"Cross","parameters":{"fast":3},"models":{},'
    '"code":{"file":"a.py","sha256":"","text":""}}',
    data='{"path":"x","digest":"d","markets":["A","B"],"timeframe":"1m","candles":1234,"begin":0,"end":60000000000}',
)  # fmt: skip


def test_no_runs_say_how_one_begins(capsys: pytest.CaptureFixture[str]) -> None:
    show_runs([])

    assert "no runs yet; begin with: tidemark new-strategy mean_cross" in capsys.readouterr().out


def test_a_run_without_a_result_is_shown_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    show_runs([RUN])
    show_run(RUN, [TRIP])

    shown = capsys.readouterr().out
    assert "cross-1: failed: no idea" in shown
    assert "Cross of a.py with fast=3" in shown
    assert "2 markets in 1m, 1,234 candles" in shown
    assert "BTCUSDT" in shown


def test_as_json_texts_are_objects() -> None:
    told = told_in_json(RUN, [TRIP])

    assert msgspec.json.decode(msgspec.json.encode(told))["settings"]["parameters"] == {"fast": 3}
    assert told["result"] is None
    assert told["trips"] == [TRIP]


def test_two_runs_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    show_comparison(
        Comparison(
            first="a-1", second="b-1", asked=(Difference("param fast", "3", None),),
            figures=(Pair("sharpe", 1.5, None), Pair("win rate", 0.25, 0.5)), same=False,
        )
    )  # fmt: skip

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["param", "fast", "3"] in rows
    assert ["sharpe", "1.50", "-"] in rows
    assert ["win", "rate", "25.00%", "50.00%"] in rows
    assert ["their", "round", "trips", "differ"] in rows


def test_what_looks_ahead_is_told_with_both_answers(capsys: pytest.CaptureFixture[str]) -> None:
    show_checked(
        Checked(
            cuts=(60_000_000_000,), compared=5,
            changes=(Change(cut=60_000_000_000, what="round trip 3", whole="A long", truncated="none"),),
            forgetting=(Forgetting(name="slow", candles=(20, 40), apart=(0.25, None)),),
        )
    )  # fmt: skip

    shown = " ".join(capsys.readouterr().out.split())
    assert "looks ahead: where the candles end at 1970-01-01 00:01:00, round trip 3 is none" in shown
    assert "with those that follow it is A long" in shown
    assert "slow 25.00% off -" in shown
