import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import fsspec
import pytest
from tests.sweeps import CROSS, Home, home, rows

from tidemark.backtest.data import places
from tidemark.backtest.data.check import checked
from tidemark.backtest.data.dataset import digest, find
from tidemark.backtest.data.merge import streamed
from tidemark.backtest.data.places import Remote, opened, place_of, size_of, whole
from tidemark.errors import DataError, SettingsError
from tidemark.store.database import Database


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("home"), days=35, text=CROSS)


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, made: Home) -> Iterator[str]:
    """The same candles in a store."""
    if request.param == "file":
        yield f"file://{made.data}"
        return
    store = fsspec.filesystem("memory")
    store.put(made.data, "/shelf/candles", recursive=True)
    yield "memory://shelf/candles"
    store.rm("/shelf", recursive=True)


def test_a_store_holds_what_the_folder_holds(made: Home, url: str) -> None:
    here, there = find(place_of(made.data)), find(place_of(url))

    assert there.markets == here.markets == ("AUSDT", "BUSDT")
    assert [(part.market, part.rows, part.first) for part in there.parts] == [
        (part.market, part.rows, part.first) for part in here.parts
    ]
    assert digest(there) == digest(here)
    assert [one.close.tolist() for one in streamed(there)] == [one.close.tolist() for one in streamed(here)]


def test_a_file_of_a_store_is_a_dataset_as_well(made: Home, url: str) -> None:
    one = find(place_of(f"{url}/AUSDT.parquet"))

    assert (one.markets, one.rows) == (("AUSDT",), 35 * 96)
    assert digest(one) == digest(find(Path(made.data, "AUSDT.parquet")))
    assert size_of(one.files[0]) == Path(made.data, "AUSDT.parquet").stat().st_size


def test_the_same_comes_of_a_sweep(made: Home, url: str, tmp_path: Path) -> None:
    far = Home(tmp_path, made.strategy, url)
    found = []
    for place, one in (("near", made), ("far", far)):
        with Database.open(None, tmp_path / place) as database:
            one.swept(database.engine)
            found.append(rows(database.engine))

    assert found[0] == found[1]


def test_only_what_is_read_is_fetched(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[str]()
    of_store = Remote.open

    def watched(place: Remote) -> BinaryIO:
        told.append(place.name)
        return of_store(place)

    monkeypatch.setattr(Remote, "open", watched)
    dataset = find(place_of(url), markets=("BUSDT",))
    told.clear()

    list(streamed(dataset))

    assert told == ["BUSDT.parquet"]


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(DataError, match="memory:///nothing is not there"):
        find(place_of("memory://nothing"))
    with pytest.raises(FileNotFoundError):
        opened(place_of("memory://nothing/a.parquet"))


def test_an_archive_is_read_from_a_disk_alone() -> None:
    store = fsspec.filesystem("memory")
    store.makedirs("/archive/candles")
    try:
        with pytest.raises(DataError, match="is an archive"):
            find(place_of("memory://archive"))
    finally:
        store.rm("/archive", recursive=True)


def test_an_address_that_nothing_reads_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="no kind of store that fsspec knows"):
        place_of("shelf://candles")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(SettingsError, match=r"pip install 'tidemark\[objects\]'"):
        place_of("memory://candles")


def test_errors_of_a_store_name_the_place(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> bool:
        raise KeyError("no credentials")

    place = place_of(url)
    assert isinstance(place, Remote)
    monkeypatch.setattr(type(place._system), "exists", refused)

    with pytest.raises(DataError, match="candles cannot be read: KeyError: 'no credentials'"):
        place.exists()


def test_parts_of_a_place_are_those_of_its_url(url: str) -> None:
    place = place_of(url)
    assert isinstance(place, Remote)

    child = place / "AUSDT.parquet"

    assert (child.name, str(child.parent), child.is_file(), place.is_dir()) == ("AUSDT.parquet", str(place), True, True)
    assert [one.name for one in place.rglob("*.parquet")] == ["AUSDT.parquet", "BUSDT.parquet"]


def test_rows_of_a_store_are_checked(url: str) -> None:
    assert checked(find(place_of(url)), 1).is_sound


def test_a_path_loads_nothing_for_stores(made: Home) -> None:
    code = f"""
import sys
from tidemark.backtest.data.dataset import digest, find
from tidemark.backtest.data.places import place_of
digest(find(place_of({made.data!r})))
print([name for name in sys.modules if name.startswith("fsspec")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    # pyarrow asks whether it is there, and loads nothing of it.
    assert done.stdout == "[]\n"


def test_a_name_holds_in_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert whole("candles") == str(tmp_path / "candles")
    assert whole("s3://shelf/candles") == "s3://shelf/candles"
    assert places.BLOCK_BYTES == 1 << 20
