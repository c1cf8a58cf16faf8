from pathlib import Path

import pytest

from tidemark.backtest.imports.csv_file import CsvFile, cells_of
from tidemark.backtest.imports.rows import Block, Reason
from tidemark.backtest.imports.times import Times
from tidemark.errors import CaptureError
from tidemark.units import DAY, HOUR

HEADER = "Date,Open,High,Low,Close,Volume\n"
DAY_ZERO = 19_724 * DAY


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "a.csv"
    path.write_bytes(text.encode(encoding))
    return path


def blocks_of(path: Path) -> list[Block]:
    return list(CsvFile(path, lambda _: None).blocks(Times(None), "A"))


def only(path: Path) -> Block:
    (block,) = blocks_of(path)
    return block


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_encodings_and_ends_of_lines_are_found_out(tmp_path: Path, mark: str, encoding: str, end: str) -> None:
    text = (HEADER + "2024-01-02,1,3,0.5,2,100\n").replace(",", mark).replace("\n", end)

    block = only(written(tmp_path, text, encoding))

    assert block.figures[:, 0].tolist() == [1.0, 3.0, 0.5, 2.0, 100.0]
    assert (block.walls.tolist(), block.lines.tolist(), block.symbols) == ([DAY_ZERO], [2], ["A"])


def test_date_and_time_of_the_day_may_be_two_columns_and_a_symbol_one(tmp_path: Path) -> None:
    text = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\nEURUSD,60,20240102,010000,1,3,1,2,0\n"

    block = only(written(tmp_path, text))

    assert (block.instants.tolist(), block.symbols) == ([DAY_ZERO + HOUR], ["EURUSD"])


def test_metatrader_has_no_header_and_others_have_a_line_above_it(tmp_path: Path) -> None:
    bare = only(written(tmp_path, "2024.01.02,00:00,1,3,1,2,7\n2024.01.02,01:00,1,3,1,2,8\n"))
    assert (bare.lines.tolist(), bare.figures[4].tolist()) == ([1, 2], [7.0, 8.0])

    above = only(written(tmp_path, f"https://example.com\n\n{HEADER}2024-01-02,1,3,1,2,5\n"))
    assert (above.lines.tolist(), above.figures[4].tolist()) == ([4], [5.0])


def test_a_row_that_cannot_be_read_says_what_it_holds(tmp_path: Path) -> None:
    lines = [
        "2024-01-02,1,3,1,2,5", "2024-01-03,1,3,1,2", "never,1,3,1,2,5", "2024-01-04,1,null,1,2,5",
        "2024-01-05,1,3,one,2,5", "", '2024-01-08,"1,3,1,2,5', "2024-01-09,1,3,1,2,5,",
    ]  # fmt: skip

    block = only(written(tmp_path, HEADER + "\n".join(lines)))

    told = [
        (line, Reason(reason), block.texts.get(at))
        for at, (line, reason) in enumerate(zip(block.lines.tolist(), block.reasons.tolist(), strict=True))
    ]
    assert told == [
        (2, Reason.NONE, None),
        (3, Reason.TORN, "2024-01-03,1,3,1,2"),
        (4, Reason.TIME, "never"),
        (5, Reason.MISSING, "null"),
        (6, Reason.NUMBER, "one"),
        (8, Reason.TORN, "2024-01-08,1,3,1,2,5"),
        (9, Reason.NONE, None),
    ]


def test_without_a_column_of_volume_it_is_0(tmp_path: Path) -> None:
    block = only(written(tmp_path, "Date,Open,High,Low,Close\n2024-01-02,1,3,1,2\n"))

    assert block.figures[4].tolist() == [0.0]


def test_a_long_file_comes_in_blocks_and_says_how_far_it_is(tmp_path: Path) -> None:
    parts: list[float] = []
    path = written(tmp_path, HEADER + "2024-01-02,1,3,1,2,5\n" * 40_000)

    blocks = list(CsvFile(path, parts.append).blocks(Times(None), "A"))

    assert [len(block.lines) for block in blocks] == [16_384, 16_384, 7_232]
    assert blocks[-1].lines[-1] == 40_001
    assert parts == sorted(parts)
    assert 0.0 < parts[0] < parts[-1] <= 1.0


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="is empty"):
        CsvFile(written(tmp_path, ""), lambda _: None)
    with pytest.raises(CaptureError, match="no column for the time, open"):
        CsvFile(written(tmp_path, "hello\nworld\n"), lambda _: None)
    with pytest.raises(CaptureError, match="line 2 has 65536 characters"):
        blocks_of(written(tmp_path, HEADER + "1" * 70_000))


def test_quotation_marks_may_stand_around_cells() -> None:
    assert cells_of('"2024-01-02","1,5",2', ",") == ["2024-01-02", "1,5", "2"]
    assert cells_of("a,b", ",") == ["a", "b"]
