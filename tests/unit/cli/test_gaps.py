import json
from collections.abc import Callable
from pathlib import Path

from tests.build import MIDNIGHT

from tidemark.clock import SystemClock
from tidemark.memory.ledger import Ledger
from tidemark.model.gap import Gap, Repair
from tidemark.store.gap_log import GapLog
from tidemark.units import HOUR, MIB, SECOND

Tidemark = Callable[..., tuple[int, str, str]]


def lived(folder: Path) -> str:
    """Three gaps in the log of a store; the argument that names it."""
    log = GapLog(folder / "bybit" / "gaps", MIB, Ledger())
    hour_ago = SystemClock().now_ns() - HOUR
    for symbol, channel, start, end in (
        ("BTCUSDT", "trades", MIDNIGHT - 365 * 24 * HOUR, MIDNIGHT - 365 * 24 * HOUR + 90 * SECOND),
        ("BTCUSDT", "books", hour_ago, None),
        ("ETHUSDT", "trades", hour_ago, hour_ago + 61 * SECOND),
    ):
        log.offer(
            Gap(
                venue="bybit",
                symbol=symbol,
                channel=channel,
                gap_from=start,
                gap_to=end,
                cause="connection lost",
                repair=Repair.KLINES,
                repaired=2,
                lost=1,
            )
        )
    return f"store.folder={folder}"


def test_gaps_are_loaded_and_shown(tidemark: Tidemark, tmp_path: Path) -> None:
    store = lived(tmp_path)

    code, output, error = tidemark("gaps", "--set", store)

    assert (code, error) == (0, "")
    for words in ("BTCUSDT", "ETHUSDT", "connection lost", "klines", ", open", "0:01:01", "2025-11-01 00:00:00"):
        assert words in output


def test_nothing_is_cut_on_a_terminal_of_80_columns(tidemark: Tidemark, tmp_path: Path) -> None:
    store = lived(tmp_path)

    code, output, _ = tidemark("gaps", "--set", store, COLUMNS="80")

    assert code == 0
    assert "…" not in output
    assert max(map(len, output.splitlines())) <= 80
    rows = [line.split() for line in output.splitlines() if "USDT" in line]
    assert rows[-1][:7] == ["BTCUSDT", "trades", "2025-11-01", "00:00:00", "0:01:30", "klines", "1"]


def test_they_are_chosen_by_market_channel_time_and_state(tidemark: Tidemark, tmp_path: Path) -> None:
    store = lived(tmp_path)

    def found(*arguments: str) -> list[tuple[str, str]]:
        code, output, _ = tidemark("gaps", "--json", "--set", store, *arguments)
        assert code == 0
        return [(gap["symbol"], gap["channel"]) for gap in json.loads(output)]

    assert len(found()) == 3
    assert found("--symbol", "ETHUSDT") == [("ETHUSDT", "trades")]
    assert len(found("--channel", "trades")) == 2
    assert len(found("--since", "2h")) == 2
    assert found("--open") == [("BTCUSDT", "books")]
    assert found("--venue", "binance") == []


def test_without_gaps_it_says_why(tidemark: Tidemark, tmp_path: Path) -> None:
    code, output, _ = tidemark("gaps", "--set", f"store.folder={tmp_path / 'nosuch'}")
    assert code == 0
    assert "no gap is known" in output
    assert "tidemark run" in output
    assert not (tmp_path / "nosuch").exists()

    _, output, _ = tidemark("gaps", "--symbol", "X", "--set", lived(tmp_path))
    assert "no gap matches" in output
    assert tidemark("gaps", "--json", "--set", f"store.folder={tmp_path / 'nosuch'}")[1] == "[]\n"


def test_what_is_wrong_is_told_in_one_line(tidemark: Tidemark, tmp_path: Path) -> None:
    store = lived(tmp_path)
    code, _, error = tidemark("gaps", "--since", "yesterday", "--set", store)
    assert (code, len(error.splitlines())) == (2, 1)

    for arguments, known in (
        (("--channel", "trade"), "trades, tickers"),
        (("--venue", "bibit"), "did you mean 'bybit'"),
    ):
        code, _, error = tidemark("gaps", *arguments, "--set", store)
        assert (code, len(error.splitlines())) == (2, 1)
        assert known in error

    (tmp_path / "bybit" / "tidemark.db").write_bytes(b"garbage" * 999)
    code, _, error = tidemark("gaps", "--set", store)
    assert (code, len(error.splitlines())) == (2, 1)
    assert "tidemark.db" in error
