import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.past import fill_signals
from tests.signal_records import AT, SIGNAL, outcome, signal, story
from tests.unit.api.conftest import Client
from tests.unit.api.routes.test_history import answered, told

from tidemark.model.signal import Forward
from tidemark.units import MILLISECOND

SIGNALS, OUTCOMES = "/api/v1/history/signals", "/api/v1/history/outcomes"
AT_MS = AT // MILLISECOND


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of whoever answers from the database in *tmp_path*."""
    async with answered(None, tmp_path) as made:
        yield made


async def test_all_pages_together_are_all_signals_and_the_exports_say_the_same(asked: Client, tmp_path: Path) -> None:
    fill_signals(None, tmp_path, [one for n in range(600) for one in story(n, 1.0 if n % 2 else -1.0)])
    found: list[object] = []
    query = {"limit": "250", "count": "true"}
    while True:
        page = await told(asked, SIGNALS, **query)
        assert page["count"] == 600
        found += page["signals"]
        if page["next_before"] is None:
            break
        query["before"] = str(page["next_before"])

    async with asked.get(SIGNALS, params={"format": "ndjson"}) as response:
        lines = [json.loads(line) for line in (await response.text()).splitlines()]
    async with asked.get(SIGNALS, params={"format": "csv"}) as response:
        rows = (await response.text()).splitlines()
        assert response.headers["Content-Disposition"].endswith("signals.csv")
    assert (len(found), lines, len(rows)) == (600, found, 601)
    assert rows[0].startswith("id,rule,name,symbol,side,kind,at_ms")


async def test_signals_are_found_by_side_state_and_time(asked: Client, tmp_path: Path) -> None:
    fill_signals(None, tmp_path, [*story(1), signal(2), signal(3, rule="feed_quality", name="stale", is_trade=False)])

    assert len((await told(asked, SIGNALS, side="short"))["signals"]) == 0
    assert len((await told(asked, SIGNALS, only_open="true"))["signals"]) == 2
    assert len((await told(asked, SIGNALS, since_ms=str(AT_MS + 120_000)))["signals"]) == 2
    assert len((await told(asked, SIGNALS, until_ms=str(AT_MS + 120_000), side="long"))["signals"]) == 1
    assert len((await told(asked, SIGNALS, until_ms="1000000000000000"))["signals"]) == 3


async def test_a_signal_is_told_with_its_reasons_its_way_and_what_came_of_it(asked: Client, tmp_path: Path) -> None:
    graded = msgspec.structs.replace(outcome(signal(1)), forward=(Forward(300, 0.01, 0.008),))
    fill_signals(None, tmp_path, [*story(1), graded, outcome(signal(1), -1.0, is_null=True)])

    one = await told(asked, f"{SIGNALS}/{SIGNAL}")

    assert (one["signal"]["id"], one["signal"]["stage"], one["signal"]["net_r"]) == (SIGNAL, "target", 1.92)
    assert one["reads"][0] == {"name": "score", "value": 71.5, "age_s": 0.4}
    assert one["limits"] == {"enter": 65.0, "leave": 58.0}
    assert one["plan"]["rewards"] == [0.93, 1.92]
    assert [step["reason"] for step in one["moves"]] == ["entered", "first_target", "last_target"]
    assert one["returns"] == [{"horizon_s": 300, "gross": 0.01, "net": 0.008}]
    assert (one["outcome"]["net_r"], one["random_outcome"]["net_r"]) == (1.92, -1.0)
    # Of the many figures that the rule reads only two were written down.
    assert one["says_again"] is False


async def test_a_signal_that_is_not_kept_is_not_found(asked: Client, tmp_path: Path) -> None:
    async with asked.get(f"{SIGNALS}/nosuch") as response:
        assert (response.status, (await response.json())["detail"]) == (
            404, "no signal nosuch is kept; /api/v1/history/signals lists those that are",
        )  # fmt: skip


async def test_outcomes_leave_chance_out_unless_it_is_asked_for(asked: Client, tmp_path: Path) -> None:
    fill_signals(None, tmp_path, [*story(1), outcome(signal(1), -1.0, is_null=True), *story(2, 0.5)])

    own = await told(asked, OUTCOMES)
    both = await told(asked, OUTCOMES, random="true", count="true")
    async with asked.get(OUTCOMES, params={"format": "csv", "random": "true"}) as response:
        rows = (await response.text()).splitlines()

    assert [one["net_r"] for one in own["outcomes"]] == [0.5, 1.92]
    assert (both["count"], len(both["outcomes"]), len(rows)) == (3, 3, 4)
