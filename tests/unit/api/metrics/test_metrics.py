import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.api_process import Lived
from tests.build import instrument
from tests.scraped import families, scraped, value
from tests.unit.api.metrics.test_clients import figures
from tests.unit.api.metrics.test_database import Told, pool
from tests.unit.live.test_assembly import build

import tidemark
from tidemark.api.metrics.metrics import TRANSIENT_BYTES, Metrics
from tidemark.model.events import Listing
from tidemark.settings.settings import load

# Of a process with every owner, 32 connections, 16 reasons and a pool: what a Prometheus has to keep of us at most.
MOST_SERIES = 2000
LABELS = {
    "owner",
    "kind",
    "channel",
    "state",
    "reason",
    "connection",
    "pool",
    "le",
    "version",
    "python",
    "venue",
    "rule",
    "record",
}


async def rendered(folder: Path, markets: int) -> bytes:
    """The exposition of a process that watches so many markets."""
    chosen = load(None, {}, {"store.folder": str(folder), "memory.budget": "4GB", "memory.transient": "256MB"}).settings
    listed = [instrument(f"M{number:03}USDT") for number in range(markets)]
    parts = await build(chosen, listed)
    for one in listed:
        parts.sink.on_event(Listing(ts_event=1, ts_recv=1, instrument=one))
    text = Metrics(parts).render()
    assert value(scraped(text), "tidemark_markets") == markets
    return text


def complaints(text: bytes) -> tuple[int, bytes, bytes]:
    """What Prometheus' own checker says of an exposition."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; on Debian: apt install prometheus")
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


async def test_every_figure_is_read_by_prometheus_itself(process: Lived) -> None:
    push = figures({"slow": 0})
    metrics = Metrics(process.parts, push=lambda: push, reading=Told(figures=pool(open=1)))

    found = scraped(metrics.render())

    assert value(found, "tidemark_push_clients") == 3
    assert value(found, "tidemark_database_pool_connections", pool="sqlite") == 1
    (build_info,) = [dict(labels) for name, labels in found if name == "tidemark_build_info"]
    assert build_info["version"] == tidemark.__version__
    assert build_info["venue"] == "bybit"
    assert not any(math.isnan(count) for count in found.values())


async def test_every_owner_of_the_ledger_is_told(process: Lived) -> None:
    found = scraped(Metrics(process.parts).render())

    told = {dict(labels)["owner"] for name, labels in found if name == "tidemark_owner_reserved_bytes"}
    assert told == {line.owner for line in process.parts.ledger.report()}


async def test_names_are_the_same_whatever_runs(process: Lived) -> None:
    push = figures({})

    assert families(Metrics(process.parts).render()) == families(Metrics(process.parts, push=lambda: push).render())


async def test_names_follow_the_conventions(process: Lived) -> None:
    kinds = families(Metrics(process.parts).render())

    for name, kind in kinds.items():
        assert re.fullmatch(r"(tidemark|process)_[a-z_]+[a-z]", name), name
        assert name.endswith("_total") == (kind == "counter"), name
        assert not re.search(r"_(ms|mb|kib|mib|ns|percent)(_|$)", name), name


async def test_promtool_finds_nothing_to_complain_of(process: Lived) -> None:
    assert complaints(Metrics(process.parts).render()) == (0, b"", b"")


async def test_the_number_of_series_does_not_depend_on_the_number_of_markets(tmp_path: Path) -> None:
    few, many = await rendered(tmp_path / "few", 3), await rendered(tmp_path / "many", 300)

    assert set(scraped(few)) == set(scraped(many))
    assert b"M000USDT" not in many


async def test_labels_are_of_closed_sets_and_series_stay_below_their_bound(tmp_path: Path) -> None:
    found = scraped(await rendered(tmp_path, 20))

    assert {label for _, labels in found for label, _ in labels} <= LABELS
    # What connections, reasons and a pool may add: seven figures of 32, and 16 and 13.
    assert len(found) + 7 * 32 + 16 + 13 + 4 < MOST_SERIES


async def test_the_text_is_far_smaller_than_what_is_held_for_it(tmp_path: Path) -> None:
    assert len(await rendered(tmp_path, 20)) < TRANSIENT_BYTES / 4


async def test_counters_never_fall(process: Lived) -> None:
    metrics = Metrics(process.parts)
    before, kinds = scraped(metrics.render()), families(metrics.render())

    process.live(5)

    after = scraped(metrics.render())
    falling = [
        series for series, count in before.items() if kinds.get(series[0]) == "counter" and after[series] < count
    ]
    assert falling == []
    assert (value(after, "tidemark_messages_total") or 0) > (value(before, "tidemark_messages_total") or 0)
