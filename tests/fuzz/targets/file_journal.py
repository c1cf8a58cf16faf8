"""The journal of candles and the two files beside it: a restart, the merging, and what the archive would be given."""

from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import msgspec
from tests.build import engine
from tests.fuzz import lived, sealing
from tests.fuzz.target import Take

from tidemark.errors import StoreError
from tidemark.live.restore import restore
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.store import journal
from tidemark.store.archive_logs import pieces
from tidemark.store.compact import compact
from tidemark.store.framing import HEAD
from tidemark.store.journal_writer import JournalWriter
from tidemark.store.position import Place, read_places, write_places
from tidemark.units import MIB

# A writer refuses a folder that it cannot keep a journal in.
REFUSALS: tuple[type[Exception], ...] = (StoreError,)
_AS_IT_IS, _SEALED, _SYMBOLS, _PLACES = b"0", b"1", b"2", b"3"
_TIMEFRAME = Timeframe.M1.value


def seeds() -> list[bytes]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        lived.journal(folder)
        segment = journal.segments(folder, _TIMEFRAME)[0]
        whole, symbols = segment.read_bytes(), (folder / "symbols.txt").read_bytes()
    content = whole[HEAD.size :]
    places = msgspec.json.encode({_TIMEFRAME: Place(segment=segment.name, offset=len(whole))})
    return [_AS_IT_IS + whole, _AS_IT_IS + whole * 2, _SEALED + content, _SYMBOLS + symbols, _PLACES + places]


def opened(folder: Path) -> Take:
    honest, work = folder / "honest", folder / "work"
    lived.journal(honest)
    first = journal.segments(honest, _TIMEFRAME)[0]
    files = {path.name: path.read_bytes() for path in honest.iterdir()}

    def take(data: bytes) -> bool:
        work.mkdir()
        try:
            for name, content in files.items():
                (work / name).write_bytes(content)
            # A second segment: only what is closed is merged.
            (work / f"{_TIMEFRAME}-{1 << 62:019d}.journal").write_bytes(files[first.name])
            kind, body = data[:1], data[1:]
            match kind:
                case b"1":
                    (work / first.name).write_bytes(sealing.rows(body, journal.FRAMING))
                case b"2":
                    (work / "symbols.txt").write_bytes(body)
                case b"3":
                    (work / "archived.json").write_bytes(body)
                case _:
                    (work / first.name).write_bytes(body)
            return _read(work)
        finally:
            rmtree(work)

    return take


def _read(folder: Path) -> bool:
    made = engine(lived.BOTH)
    restored = restore(made, folder, lived.NOW)
    made.candles.advance(lived.NOW)
    for slot in range(2):
        made.candles.closed(slot, Timeframe.M1, 1000)
    places = read_places(folder)
    for _, place in pieces(journal.segments(folder, _TIMEFRAME), places.get(_TIMEFRAME), journal.blocks):
        places[_TIMEFRAME] = place
    write_places(folder, places)
    compact(folder, _TIMEFRAME, each=100, total=1000, places=read_places(folder))
    JournalWriter(folder, {_TIMEFRAME: 1000}, max_bytes=8 * MIB, ledger=Ledger(), is_archived=True)
    return restored > 0
