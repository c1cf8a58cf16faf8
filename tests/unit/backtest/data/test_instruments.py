from pathlib import Path

import pytest
from tests.build import instrument

from tidemark.backtest.data.instruments import NAME, add, digest, instruments_of, known
from tidemark.errors import DataError


def test_what_is_said_of_markets_is_read_again(tmp_path: Path) -> None:
    add(tmp_path, [instrument("BTCUSDT"), instrument("ETHUSDT")])
    add(tmp_path, [instrument("AUSDT")])
    (tmp_path / "a.parquet").touch()

    there = known(tmp_path)

    assert set(there) == {"AUSDT", "BTCUSDT", "ETHUSDT"}
    assert there["BTCUSDT"] == instrument("BTCUSDT")
    assert known(tmp_path / "a.parquet") == there


def test_of_others_nothing_is_known(tmp_path: Path) -> None:
    assert known(tmp_path) == {}
    found = instruments_of(["BTCUSDT", "NEWUSDT"], {"BTCUSDT": instrument("BTCUSDT")})

    assert found[0] == instrument("BTCUSDT")
    assert (found[1].symbol, found[1].tick_size, found[1].lot_size) == ("NEWUSDT", 0.0, 0.0)


def test_other_ticks_have_another_hash() -> None:
    assert digest([instrument("A")]) == digest([instrument("A")])
    assert digest([instrument("A")]) != digest([instrument("B")])
    assert digest([instrument("A")]) != digest(instruments_of(["A"], {}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not understood: "),
        ("[]", "is not understood: Expected `object`"),
        (b"\xff\xfe", "is not understood: "),
        (" " * (1 << 20) + "{}", "has more than 1,048,576 bytes"),
        (
            (
                '{"instruments":[{"venue":"","symbol":"A","base":"A","quote":"","tick_size":0,"lot_size":1,'
                '"status":"trading"}]}'
            ),
            "A has a tick of 0 and a lot of 1; both have to be above 0",
        ),
    ],
)
def test_a_file_that_says_nothing_of_markets_is_told(tmp_path: Path, text: str | bytes, words: str) -> None:
    (tmp_path / NAME).write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(DataError, match=NAME) as caught:
        known(tmp_path)

    assert words in str(caught.value)
