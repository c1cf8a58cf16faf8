"""What the exchange says of the markets whose candles lie in a folder: `instruments.json` beside them.

`tidemark data download` writes it; anybody may. Without it, or for a market that is not in it, ticks and lots are
unknown, and nothing is rounded by them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from tidemark.backtest.data.places import Place, opened
from tidemark.errors import DataError, StoreError
from tidemark.model.instrument import Instrument, Status
from tidemark.store.atomic import write_whole
from tidemark.units import MIB

NAME = "instruments.json"
# Of a whole exchange it is a fifth of that.
MOST_BYTES = MIB
_UNKNOWN = 0.0


class _File(msgspec.Struct, frozen=True):
    instruments: tuple[Instrument, ...]


def known(place: Place) -> Mapping[str, Instrument]:
    """Those beside the candles at *place*, a folder or a file, by symbol. DataError where the file is no such."""
    path = (place if place.is_dir() else place.parent) / NAME
    try:
        with opened(path) as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(raw) > MOST_BYTES:
        raise DataError(f"{path} has more than {MOST_BYTES:,} bytes; it says what an exchange says of its markets")
    try:
        found = msgspec.json.decode(raw, type=_File).instruments
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not understood: {error}; mend or remove it, then ticks are unknown") from error
    wrong = next((one for one in found if not (0.0 < one.tick_size < 1e12 and 0.0 < one.lot_size < 1e12)), None)
    if wrong is not None:
        raise DataError(
            f"{path}: {wrong.symbol} has a tick of {wrong.tick_size:g} and a lot of {wrong.lot_size:g}; both have to be"
            " above 0"
        )
    return {one.symbol: one for one in found}


def instruments_of(markets: Sequence[str], there: Mapping[str, Instrument]) -> list[Instrument]:
    """Those of *markets*, in their order; what nothing is said of has ticks and lots of 0, which round nothing."""
    return [
        there.get(name)
        or Instrument(
            venue="", symbol=name, base=name, quote="", tick_size=_UNKNOWN, lot_size=_UNKNOWN, status=Status.TRADING
        )
        for name in markets
    ]


def digest(used: Iterable[Instrument]) -> str:
    """A hash of what fills depend on: venue, tick and lot of each."""
    told = [(one.venue, one.symbol, one.tick_size, one.lot_size) for one in used]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def add(folder: Path, found: Iterable[Instrument]) -> None:
    """Write *found* beside the candles in *folder*, with those that are there of other markets."""
    there = dict(known(folder)) | {one.symbol: one for one in found}
    told = _File(instruments=tuple(there[name] for name in sorted(there)))
    data = msgspec.json.format(msgspec.json.encode(told), indent=1)
    try:
        write_whole(folder / NAME, lambda file: file.write(data))
    except OSError as error:
        raise StoreError(f"{folder / NAME} cannot be written: {error.strerror or error}") from error
