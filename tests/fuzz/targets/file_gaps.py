"""The log of gaps, as it is and with its checksums put right, into the database that answers for it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz import lived, sealing
from tests.fuzz.target import Take

from tidemark.errors import StoreError
from tidemark.store.database import Database
from tidemark.store.gap_log import SUFFIX
from tidemark.store.lines import whole_bytes
from tidemark.store.segments import numbered

REFUSALS: tuple[type[Exception], ...] = (StoreError,)
_AS_IT_IS, _SEALED = b"0", b"1"


def seeds() -> list[bytes]:
    with TemporaryDirectory() as name:
        lived.gaps(Path(name))
        whole = numbered(Path(name), SUFFIX)[0].read_bytes()
    contents = [line.partition(b" ")[2] for line in whole.splitlines()]
    return [_AS_IT_IS + whole, _SEALED + b"\n".join(contents), *(_SEALED + content for content in contents)]


def opened(folder: Path) -> Take:
    log = folder / "gaps"
    log.mkdir()
    number = 0

    def take(data: bytes) -> bool:
        nonlocal number
        number += 1
        # Another name each time: of one that it knows, the database reads what is new.
        path = log / f"{number:012d}{SUFFIX}"
        path.write_bytes(sealing.lines(data[1:]) if data[:1] == _SEALED else data[1:])
        try:
            with Database.open(None, folder) as database:
                loaded = database.load_gaps(log)
                database.gaps(venue="bybit", most=10)
                database.forget(1 << 62)
            whole_bytes(path)
            return loaded > 0
        finally:
            path.unlink()

    return take
