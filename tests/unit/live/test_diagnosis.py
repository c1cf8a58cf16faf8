import asyncio
import json
import stat
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.unit.live.test_rounds import build, for_a_while

from tidemark.errors import StoreError
from tidemark.live.diagnosis import KEPT
from tidemark.memory.pressure import Level, Transition
from tidemark.settings.settings import Settings
from tidemark.units import MINUTE

Make = Callable[..., Settings]


def told_in(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.read_text())
    return told


def bundles(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "store" / "bybit" / "diagnostics").glob("*.json"))


async def test_a_bundle_is_written_for_its_user_alone(settings: Make, tmp_path: Path) -> None:
    parts = await build(settings())

    written = await parts.diagnosis.write("a test")

    (path,) = bundles(tmp_path)
    assert written.path == str(path)
    assert written.bytes == path.stat().st_size
    assert written.cut == ()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert told_in(path)["reason"] == "a test"


async def test_the_five_newest_are_kept(settings: Make, tmp_path: Path) -> None:
    parts = await build(settings())
    folder = tmp_path / "store" / "bybit" / "diagnostics"
    folder.mkdir(parents=True)
    for number in range(7):
        (folder / f"2020010{number + 1}T000000.000Z.json").write_text("{}")

    written = await parts.diagnosis.write("a test")

    kept = bundles(tmp_path)
    assert len(kept) == KEPT
    assert str(kept[-1]) == written.path
    assert kept[0].name.startswith("20200104")


async def test_what_a_killed_process_left_half_written_is_removed(settings: Make, tmp_path: Path) -> None:
    parts = await build(settings())
    folder = tmp_path / "store" / "bybit" / "diagnostics"
    folder.mkdir(parents=True)
    (folder / ".20200101T000000.000Z.json.partial").write_text("{")

    await parts.diagnosis.write("a test")

    assert [path.suffix for path in folder.iterdir()] == [".json"]


async def test_what_is_wanted_is_written_soon(settings: Make, tmp_path: Path) -> None:
    parts = await build(settings())
    parts.diagnosis.want("SIGUSR1")

    await for_a_while(parts.diagnosis.follow(), lambda: len(bundles(tmp_path)) == 1)

    assert told_in(bundles(tmp_path)[0])["reason"] == "SIGUSR1"


def step(before: Level, after: Level, at_ns: int) -> Transition:
    return Transition(at_ns=at_ns, before=before, after=after, rss=1)


async def test_critical_pressure_writes_one_and_the_next_after_ten_minutes(
    settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = await build(settings())
    wanted: list[str] = []
    monkeypatch.setattr(parts.diagnosis, "want", wanted.append)
    high, critical = Level.HIGH, Level.CRITICAL

    parts.diagnosis.look_at([step(Level.NORMAL, high, 0), step(high, critical, 0), step(critical, critical, 0)])
    parts.diagnosis.look_at([step(high, critical, 9 * MINUTE)])
    assert wanted == ["critical memory pressure"]

    parts.diagnosis.look_at([step(high, critical, 10 * MINUTE)])
    assert wanted == ["critical memory pressure"] * 2


async def test_a_disk_that_does_not_take_it_is_told_and_the_next_is_tried(settings: Make, tmp_path: Path) -> None:
    parts = await build(settings())
    folder = tmp_path / "store" / "bybit" / "diagnostics"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")

    with pytest.raises(StoreError, match=r"make room, or name another store\.folder"):
        await parts.diagnosis.write("a test")
    parts.diagnosis.want("SIGUSR1")
    with capture_logs() as told:
        await for_a_while(parts.diagnosis.follow(), lambda: bool(told))

    assert [line["event"] for line in told] == ["no diagnosis was written"]


async def test_the_feed_goes_on_while_one_is_written(settings: Make) -> None:
    parts = await build(settings())
    turns = 0

    async def feed() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(feed())
    await parts.diagnosis.write("a test")
    task.cancel()

    assert turns > 1


async def test_what_python_traces_is_in_it(settings: Make) -> None:
    parts = await build(settings())
    tracemalloc.start()
    try:
        written = await parts.diagnosis.write("a test")
    finally:
        tracemalloc.stop()

    assert told_in(Path(written.path))["traced"]
