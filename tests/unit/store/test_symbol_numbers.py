from pathlib import Path

import pytest

from tidemark.store.journal import symbols
from tidemark.store.symbol_numbers import MOST, SymbolNumbers


def test_a_symbol_keeps_its_number_over_restarts(tmp_path: Path) -> None:
    numbers = SymbolNumbers(tmp_path)
    assert [numbers.number(name) for name in ("A", "B", "A")] == [0, 1, 0]

    again = SymbolNumbers(tmp_path)
    assert [again.number(name) for name in ("币安人生USDT", "B")] == [2, 1]
    assert (len(again), symbols(tmp_path)) == (3, ["A", "B", "币安人生USDT"])


def test_a_line_that_a_crash_cut_short_is_none(tmp_path: Path) -> None:
    (tmp_path / "symbols.txt").write_bytes(b"A\nHAL")

    numbers = SymbolNumbers(tmp_path)

    assert numbers.number("B") == 1
    assert (tmp_path / "symbols.txt").read_bytes() == b"A\nB\n"


def test_more_than_it_knows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "symbols.txt").write_text("".join(f"{n}\n" for n in range(MOST)))
    numbers = SymbolNumbers(tmp_path)

    assert numbers.number("7") == 7
    with pytest.raises(OSError, match="8192 symbols"):
        numbers.number("new")
