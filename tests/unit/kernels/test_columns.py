import importlib.util
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tidemark.kernels
from tidemark.kernels import columns as built

T0_MS = 1_789_470_139_371


def plain() -> ModuleType:
    """The same file, run as plain Python."""
    path = Path(tidemark.kernels.__path__[0]) / "columns.py"
    spec = importlib.util.spec_from_file_location("columns_as_plain_python", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {"built": built, "plain": plain()}


class Row(msgspec.Struct):
    symbol: str = "BTCUSDT"
    ts_ms: int = T0_MS
    price: float = 2.5
    size: float = 0.5
    side: str = "Buy"
    trade_id: str = "a"
    sequence: int = 7


@pytest.fixture(params=MODULES)
def columns(request: pytest.FixtureRequest) -> Any:
    return MODULES[request.param]


def rows(table: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(column[: table.count].tolist() for column in table.arrays), strict=True))


def test_append_fills_one_row(columns: Any) -> None:
    table = columns.TradeColumns(2)

    assert table.append(3, T0_MS * 10**6, 5, 99, 98, 2.5, 0.5, True)

    assert rows(table) == [(3, T0_MS * 10**6, 5, 99, 98, 2.5, 0.5, 1)]


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, -math.inf])
def test_append_refuses_a_price_or_size_that_is_no_positive_number(columns: Any, value: float) -> None:
    table = columns.TradeColumns(2)

    assert not table.append(0, 1, 1, 1, 1, value, 1.0, True)
    assert not table.append(0, 1, 1, 1, 1, 1.0, value, True)

    assert table.count == 0


def test_append_refuses_past_the_capacity(columns: Any) -> None:
    table = columns.TradeColumns(1)

    assert table.append(0, 1, 1, 1, 1, 1.0, 1.0, True)
    assert not table.append(0, 1, 1, 1, 1, 1.0, 1.0, True)

    assert table.count == 1


def test_extend_adds_rows_of_known_symbols(columns: Any) -> None:
    table = columns.TradeColumns(4)
    trades = [Row(), Row(symbol="ETHUSDT", side="Sell", trade_id="b", sequence=8), Row(symbol="XRPUSDT")]

    refused = table.extend(trades, {"BTCUSDT": 1, "ETHUSDT": 2}, 5)

    assert refused == 1
    assert rows(table) == [
        (1, T0_MS * 10**6, 5, columns.hash_id("a"), 7, 2.5, 0.5, 1),
        (2, T0_MS * 10**6, 5, columns.hash_id("b"), 8, 2.5, 0.5, 0),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        {"price": 0.0},
        {"price": math.nan},
        {"size": math.inf},
        {"size": -1.0},
        {"side": "buy"},
        {"sequence": -1},
        {"ts_ms": 1_230_767_999_999},
        {"ts_ms": 9_214_646_400_000},
    ],
)
def test_extend_passes_over_a_row_that_is_not_believed(columns: Any, bad: dict[str, Any]) -> None:
    table = columns.TradeColumns(4)

    assert table.extend([Row(), Row(**bad), Row()], {"BTCUSDT": 0}, 5) == 1

    assert table.count == 2


def test_extend_adds_nothing_without_room_for_all(columns: Any) -> None:
    table = columns.TradeColumns(2)

    assert table.extend([Row(), Row(), Row()], {"BTCUSDT": 0}, 5) == -1

    assert table.count == 0


def test_extend_adds_nothing_when_a_time_does_not_fit(columns: Any) -> None:
    table = columns.TradeColumns(2)

    if str(columns.__file__).endswith(".py"):
        # Plain Python has no int64 to overflow: there the row is refused.
        assert table.extend([Row(ts_ms=1 << 70)], {"BTCUSDT": 0}, 5) == 1
    else:
        with pytest.raises(OverflowError):
            table.extend([Row(ts_ms=1 << 70)], {"BTCUSDT": 0}, 5)

    assert table.count == 0


@pytest.mark.parametrize("trade_id", ["", "a", "12345678", "0e5ae7e6-811a-5884-98c9-6cb3aede1505", "ü", "币"])
def test_ids_hash_alike_built_and_plain(trade_id: str) -> None:
    assert MODULES["built"].hash_id(trade_id) == MODULES["plain"].hash_id(trade_id)


def test_hash_is_the_documented_one() -> None:
    # FNV-1a's offset and prime, over the length, one word of eight bytes, and the rest filled up with zeros; then
    # murmur3's 64-bit finaliser.
    h = 0xCBF29CE484222325 ^ 9
    h = ((h ^ 0x6867666564636261) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    h = (((h ^ (h >> 32)) ^ 0x69) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        h = ((h ^ (h >> 33)) * factor) & 0xFFFFFFFFFFFFFFFF
    assert built.hash_id("abcdefghi") == h ^ (h >> 33)


@given(
    st.lists(
        st.builds(
            Row,
            symbol=st.sampled_from(["BTCUSDT", "ETHUSDT", "XRPUSDT"]),
            ts_ms=st.integers(0, 1 << 62),
            price=st.floats(),
            size=st.floats(),
            side=st.sampled_from(["Buy", "Sell", ""]),
            trade_id=st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
            sequence=st.integers(-5, (1 << 63) - 1),
        ),
        max_size=12,
    )
)
def test_built_and_plain_fill_the_same_columns(trades: list[Row]) -> None:
    slots = {"BTCUSDT": 0, "ETHUSDT": 5}
    tables = [module.TradeColumns(10) for module in MODULES.values()]

    first, second = (table.extend(trades, slots, 5) for table in tables)

    assert first == second
    assert rows(tables[0]) == rows(tables[1])
    assert [column.dtype for column in tables[0].arrays] == [
        np.int32,
        np.int64,
        np.int64,
        np.uint64,
        np.int64,
        np.float64,
        np.float64,
        np.uint8,
    ]
