import io
import os
import pty
import re
import termios

import msgspec
import pytest
from rich.console import Console

from tidemark.live.board import Line, Order
from tidemark.live.health import Figures
from tidemark.live.view import Keys, View
from tidemark.memory.ledger import OwnerReport
from tidemark.units import MIB

FIGURES = Figures(
    uptime_s=3723.4, messages_per_s=12_345.6, trades_per_s=6_789.1, messages=1_000_000, trades=500_000,
    candles=123_456, gaps=3, decode_errors=2, loop_lag_ms=1.25, cpu=0.123, rss=100 * MIB, peak_rss=110 * MIB,
    budget=256 * MIB, slope_mb_h=-0.02, offset_ms=3.0,
)  # fmt: skip


def line(n: int, **changed: object) -> Line:
    values = {
        "symbol": f"{'1000000MOGBONK' if n == 0 else 'COIN'}{n}USDT",
        "decimals": 7 if n % 2 else 1,
        "last": 123_456.7 if n % 2 == 0 else 0.0000123,
        "change_1m": (-1) ** n * n / 1000,
        "turnover": 12_345_678_901.0 / (n + 1),
        "is_24h": n % 3 != 0,
        "trades_per_s": 12.34,
        "candles": 1439,
        "wanted": 1440,
        "age_s": 0.4,
        "is_stale": False,
    }
    return Line(**(values | changed))


def owners(count: int) -> list[OwnerReport]:
    return [
        OwnerReport(
            owner=f"candles/{n}m", kind="ring", policy="overwrites the oldest", capacity=10, used=5, peak=5,
            bytes_reserved=MIB * (n + 1), bytes_used=MIB * n, evicted=0, dropped=0, rejected=0, coalesced=0,
        )
        for n in range(count)
    ]  # fmt: skip


def shown(width: int, lines: list[Line], *, keys: str = "", height: int = 24, notice: str = "") -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None, force_terminal=False)
    view = View(console, "Tidemark, on a local exchange: bybit", lambda: None)
    view.press(keys)
    with console.capture() as capture:
        console.print(view.picture(lines[: view.room], 560, FIGURES, owners(30), notice))
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_screen_of_any_width_holds_it_all_in_whole_lines(width: int) -> None:
    drawn = shown(width, [line(n) for n in range(40)])

    assert max(map(len, drawn)) <= width
    assert len(drawn) <= 24
    rows = [row for row in drawn if "USDT" in row]
    assert len(rows) == 24 - 7
    for n, row in enumerate(rows):
        assert f"{n}USDT" in row
        assert "1439/1440" in row
        assert "0s" in row
        assert ("123,456.7" if n % 2 == 0 else "0.0000123") in row
    text = "\n".join(drawn)
    for words in ("560 markets, by turnover", "12,346 msgs/s", "3 gaps", "2 errors", "100.0 MB of 256.0 MB", "q quit"):
        assert words in re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(("width", "has_plan"), [(80, False), (115, False), (116, True), (120, True), (200, True)])
def test_the_plan_is_beside_the_markets_where_there_is_room(width: int, has_plan: bool) -> None:
    drawn = shown(width, [line(n) for n in range(40)])

    assert any("memory owner" in row for row in drawn) == has_plan
    assert any("process (RSS)" in row for row in drawn) == has_plan
    if has_plan:
        assert any(re.search(r"\d+ more", row) for row in drawn)
    assert not any("memory owner" in row for row in shown(width, [line(1)], keys="p"))


@pytest.mark.parametrize("width", [80, 120, 200])
def test_an_empty_screen_says_what_it_waits_for(width: int) -> None:
    text = "\n".join(shown(width, []))

    assert "waiting for the first trades" in text


def test_what_is_not_known_is_a_dash_and_no_number() -> None:
    (row,) = [
        row
        for row in shown(80, [line(1, last=None, change_1m=None, age_s=None, turnover=0.0, is_24h=False)])
        if "COIN1USDT" in row
    ]

    assert "no trade yet" in row
    # The change, the score and the age.
    assert row.split().count("-") == 3
    assert "0 *" in row


@pytest.mark.parametrize("width", [80, 120])
def test_a_notice_is_shown(width: int) -> None:
    text = " ".join(" ".join(shown(width, [line(1)], notice="candles are not kept: No space left")).split())

    assert "candles are not kept" in text


def test_keys_change_the_order_hide_the_plan_and_quit() -> None:
    quits: list[bool] = []
    view = View(Console(file=io.StringIO(), width=200, height=24), "x", lambda: quits.append(True))

    orders = []
    for _ in range(len(Order) + 1):
        orders.append(view.order)
        view.press("s")
    view.press("xyz\x1b[A")
    assert quits == []
    view.press("q")

    assert orders == [*Order, Order.TURNOVER]
    assert quits == [True]


def test_a_tiny_screen_still_shows_a_market() -> None:
    assert any("USDT" in row for row in shown(80, [line(1)], height=5))


def test_drawing_uses_the_whole_screen_and_gives_it_back() -> None:
    output = io.StringIO()
    console = Console(file=output, width=100, height=24, force_terminal=True, color_system=None)

    with View(console, "title", lambda: None) as view:
        view.draw([line(1)], 560, FIGURES, owners(3), "")
        during = output.getvalue()

    assert "\x1b[?1049h" in during
    assert "COIN1USDT" in during
    assert output.getvalue().rstrip("\x1b[?25h").endswith("\x1b[?1049l") or "\x1b[?1049l" in output.getvalue()


def test_single_keys_are_read_and_the_terminal_is_given_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        with Keys() as keys:
            os.write(ours, b"sp")
            assert keys.file == terminal.fileno()
            assert keys.read() == "sp"
            assert termios.tcgetattr(theirs)[3] & termios.ICANON == 0
        assert termios.tcgetattr(theirs) == before
    os.close(ours)


def test_a_terminal_that_is_gone_quits(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        keys = Keys()
        os.close(ours)

        assert keys.read() == "q"


@pytest.mark.parametrize(("typed", "keys"), [(b"", "q"), (b"\xe5", ""), (b"s\xff", "s")])
def test_an_end_of_input_is_told_from_a_key_without_a_letter(
    monkeypatch: pytest.MonkeyPatch, typed: bytes, keys: str
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal, os.fdopen(ours):
        monkeypatch.setattr("sys.stdin", terminal)
        made = Keys()
        monkeypatch.setattr(os, "read", lambda file, count: typed)

        assert made.read() == keys


def test_the_market_as_a_whole_is_one_line_and_what_was_given_up_stands_in_the_plan() -> None:
    console = Console(file=io.StringIO(), width=130, height=24, color_system=None, force_terminal=False)
    view = View(console, "Tidemark: bybit", lambda: None)
    figures = msgspec.structs.replace(FIGURES, pressure="HIGH", given_up=("30m candles",), sacrifices=3)
    overview = "312 up 240 down 8 flat of 560, median -0.4 %"

    with console.capture() as capture:
        console.print(view.picture([line(n) for n in range(view.room)], 560, figures, owners(30), "", overview))

    drawn = capture.get().splitlines()
    assert f" {overview}" in [row.rstrip() for row in drawn]
    assert len(drawn) <= 24
    assert any("given up: 30m candles" in row and "3 steps" in row for row in drawn)


def test_a_long_list_of_what_was_given_up_leaves_the_figures_readable() -> None:
    console = Console(file=io.StringIO(), width=125, height=24, color_system=None, force_terminal=False)
    view = View(console, "Tidemark: bybit", lambda: None)
    given_up = ("unused memory", "frequent pushes", "books below 25 levels", "30m candles", "15m candles")
    figures = msgspec.structs.replace(FIGURES, pressure="HIGH", given_up=given_up, sacrifices=5)

    with console.capture() as capture:
        console.print(view.picture([line(n) for n in range(view.room)], 560, figures, owners(30), ""))

    drawn = capture.get()
    assert re.search(r"process \(RSS\) +100\.0 MB +256\.0 MB", drawn)
    assert re.search(r"given up: unused memo.* +5 steps", drawn)


def test_what_rest_stands_in_for_is_marked_and_the_clocks_are_compared() -> None:
    drawn = shown(160, [line(1, is_polled=True, age_s=7.0), line(2)])
    text = "\n".join(drawn)

    assert "7s polled" in next(row for row in drawn if "COIN1USDT" in row)
    assert "polled" not in next(row for row in drawn if "COIN2USDT" in row)
    assert "clock +3 ms" in re.sub(r"\s+", " ", text)
    assert "stale" not in text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"offset_ms": None}, "clock not compared"),
        ({"offset_ms": -1500.2, "offset_error_ms": 12.3}, "clock -1500 ±12 ms"),
        ({"stale": 4}, "4 stale"),
    ],
)
def test_the_footer_tells_the_skew_and_what_is_stale(changed: dict[str, float | None], words: str) -> None:
    console = Console(file=io.StringIO(), width=160, height=24, color_system=None, force_terminal=False)
    view = View(console, "Tidemark", lambda: None)
    with console.capture() as capture:
        console.print(view.picture([line(1)], 1, msgspec.structs.replace(FIGURES, **changed), [], ""))

    assert words in re.sub(r"\s+", " ", capture.get())
