"""What a run is asked for, as it is written down with it: enough to do the same again."""

import hashlib
from pathlib import Path

import msgspec

from tidemark.errors import SettingsError

VERSION = 1
# A strategy's file is kept with the run; a larger one is no strategy.
LARGEST_SOURCE = 1 << 20


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """strategy: a file of Python, or `file.py:Name`; parameters and models: in words, as they were given.

    data: a file or folder of candles; markets: all of them where none are named; begin, end: open times (ns), from and
    to before which candles are taken, None for all. cash: what the account begins with, quote currency. batch: how many
    round trips are written at a time.
    """

    version: int = VERSION
    strategy: str
    parameters: dict[str, str] = {}  # bounded: by what was asked for
    models: dict[str, str] = {}  # bounded: by what was asked for
    data: str
    markets: tuple[str, ...] = ()
    timeframe: str | None = None
    begin: int | None = None
    end: int | None = None
    cash: float = 10_000.0
    batch: int = 100
    shuffles: int | None = None


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """The strategy's file as it was run."""

    file: str
    sha256: str
    text: str


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A request, and what it came to: parameters and models with all defaults, and the code of the strategy."""

    request: Request
    strategy: str
    parameters: dict[str, str | int | float | bool]
    models: dict[str, str]
    code: Code


class DataUsed(msgspec.Struct, frozen=True, kw_only=True):
    """Over which candles: their hash, markets and timeframe, and the first and last open time (ns).

    candles: about how many there are, by what their files say. instruments: the hash of their venues, ticks and lots.
    """

    path: str
    digest: str
    markets: tuple[str, ...]
    timeframe: str
    candles: int
    begin: int
    end: int
    instruments: str = ""


def code_of(where: str) -> Code:
    """The file of the strategy at *where*. SettingsError where it is not there, or no text of at most a mebibyte."""
    path = Path(where[: where.rindex(".py") + 3] if ".py" in where else where)
    try:
        raw = path.read_bytes()
        text = raw.decode()
    except OSError as error:
        raise SettingsError(f"the strategy {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"the strategy {path} is no text in UTF-8: byte {error.start}") from error
    if len(raw) > LARGEST_SOURCE:
        raise SettingsError(
            f"the strategy {path} has {len(raw):,} bytes; at most {LARGEST_SOURCE:,} are kept with a run"
        )
    return Code(file=str(path), sha256=hashlib.sha256(raw).hexdigest(), text=text)
