import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tidemark.errors import BudgetError, RefusedError, SettingsError, UnreachableError
from tidemark.live.supervisor import Options, _keep, run
from tidemark.settings.settings import Settings
from tidemark.sim.settings import Address
from tidemark.store.capture import Kind, find, read
from tidemark.units import MIB


async def test_a_run_watches_keeps_and_tells(
    address: Address, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    with capture_logs() as told:
        summary = await run(settings(address), Options(duration_s=6.0, capture=(tmp_path / "capture", 8 * MIB)))

    assert summary.markets >= 5
    assert summary.trades > 100
    assert (summary.duplicates, summary.decode_errors, summary.gaps, summary.reconnects) == (0, 0, 0, 0)
    assert summary.candles > 0
    assert summary.restored == 0
    serious = [line for line in told if line["log_level"] in {"warning", "error"}]
    # The local exchange runs twenty times as fast as our clock, which is told.
    assert [line["event"] for line in serious if "our clock is" not in str(line.get("what"))] == []
    records = list(read(find(tmp_path / "capture")))
    assert sum(record.kind is Kind.FRAME for record in records) == summary.messages
    assert summary.captured is not None
    assert summary.captured.startswith(f"{len(records)} records")

    again = await run(settings(address), Options(duration_s=1.0))
    assert again.restored >= summary.candles


async def test_what_the_user_got_wrong_ends_the_run(address: Address, settings: Callable[..., Settings]) -> None:
    for flags, kind in (
        ({"universe__include": "NOSUCHUSDT"}, SettingsError),
        ({"memory__budget": "40MB"}, BudgetError),
    ):
        with pytest.raises(ExceptionGroup) as refused:
            await run(settings(address, **flags), Options(duration_s=5.0))
        assert refused.group_contains(kind)


async def test_an_exchange_that_is_away_gives_an_empty_summary_in_the_end(settings: Callable[..., Settings]) -> None:
    told: list[str] = []

    summary = await run(settings(venue__rest_url="http://127.0.0.1:1"), Options(duration_s=0.7, tell=told.append))

    assert (summary.markets, summary.messages, summary.trades) == (0, 0, 0)
    assert len(told) == 1


async def test_a_failure_that_a_retry_can_mend_is_retried_and_any_other_ends_it(
    address: Address, settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.live.test_rounds import build

    parts = await build(settings(connection__alarm_after="2"))
    waits: list[float] = []
    failures = iter([UnreachableError("away"), UnreachableError("away"), UnreachableError("away"), RefusedError("no")])

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def work() -> None:
        raise next(failures)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with capture_logs() as told, pytest.raises(RefusedError):
        await _keep(parts, "listings", work)

    assert len(waits) == 3
    assert [line["event"] for line in told if line["event"] != "memory plan"] == [
        "failed, trying again",
        "alarm",
        "failed, trying again",
    ]


async def test_work_that_comes_to_its_end_is_not_begun_again(settings: Callable[..., Settings]) -> None:
    from tests.unit.live.test_rounds import build

    parts = await build(settings())
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1

    async with asyncio.timeout(10):
        await _keep(parts, "backfill", work)

    assert begun == 1


async def test_work_that_failed_and_then_comes_to_its_end_is_over(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.live.test_rounds import build

    parts = await build(settings())
    waits: list[float] = []
    failures = iter([UnreachableError("away")])

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def work() -> None:
        for failure in failures:
            raise failure

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with capture_logs() as told:
        await _keep(parts, "derivatives", work)

    assert len(waits) == 1
    assert [(line["event"], line["task"]) for line in told if line["log_level"] == "warning"] == [
        ("failed, trying again", "derivatives")
    ]


async def test_what_is_no_failure_of_ours_ends_the_work_at_once(settings: Callable[..., Settings]) -> None:
    from tests.unit.live.test_rounds import build

    parts = await build(settings())

    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await _keep(parts, "look", work)
