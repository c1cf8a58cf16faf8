"""A number for each symbol of a log, in a file beside it: `symbols.txt`, one symbol a line, numbered by its line."""

import errno
from pathlib import Path

from tidemark.store.append import append_whole, cut
from tidemark.store.journal import symbols

# More symbols than any exchange has listed; a name, its number, and their entries in a list and a map.
MOST = 8192
SYMBOL_BYTES = 256


class TooManySymbolsError(OSError):
    """A further symbol has no place: no disk that is whole again changes that."""


class SymbolNumbers:
    """The numbers of one folder. A new symbol is written down before its number is used. OSError where that fails."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "symbols.txt"
        known = symbols(folder)
        self._bytes = sum(len(symbol.encode()) + 1 for symbol in known)
        cut(self._path, self._bytes)
        self._numbers = {symbol: number for number, symbol in enumerate(known)}
        self._next = len(known)

    def __len__(self) -> int:
        return self._next

    def number(self, symbol: str) -> int:
        """The number of *symbol*, a further one when it has none yet; TooManySymbolsError when there are too many."""
        number = self._numbers.get(symbol)
        if number is None:
            number = self._next
            if number >= MOST:
                raise TooManySymbolsError(errno.EDQUOT, f"{MOST} symbols are all that a journal knows")
            line = f"{symbol}\n".encode()
            append_whole(self._path, line, self._bytes)
            self._bytes += len(line)
            self._next += 1
            self._numbers[symbol] = number
        return number
