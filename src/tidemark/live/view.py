"""The terminal view: a table of markets, the memory plan beside it, and the figures of the process below."""

import os
import sys
import termios
import tty
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tidemark.live.board import Line, Order
from tidemark.live.health import Figures
from tidemark.live.history import Progress
from tidemark.memory.ledger import OwnerReport
from tidemark.units import format_bytes, format_seconds

# Lines of the screen that are not markets: the title, the table's head and rule, the footer.
_OTHER_LINES = 7
_PLAN_WIDTH = 44
# The longest figure of bytes, as 1023.9 KB.
_BYTES_WIDTH = 9
# The narrowest that the markets stand in without being cut.
_TABLE_WIDTH = 72


class Keys:
    """Single key presses from the terminal, without an Enter, for as long as the `with` block lasts."""

    def __init__(self) -> None:
        self._file = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._file)

    def __enter__(self) -> Self:
        tty.setcbreak(self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

    @property
    def file(self) -> int:
        """The file to watch."""
        return self._file

    def read(self) -> str:
        """The keys that were pressed; the one that quits when the terminal is gone."""
        try:
            pressed = os.read(self._file, 16)
        except OSError:
            pressed = b""
        return pressed.decode(errors="ignore") if pressed else "q"


class View:
    """Draws on *console*. `q` quits, `s` changes the order, `p` hides or shows the plan."""

    def __init__(self, console: Console, title: str, on_quit: Callable[[], None]) -> None:
        self.order = Order.TURNOVER
        self._console = console
        self._title = title
        self._on_quit = on_quit
        self._shows_plan = True
        self._live = Live(console=console, screen=True, auto_refresh=False, redirect_stderr=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    @property
    def room(self) -> int:
        """How many markets fit on the screen."""
        return max(1, self._console.height - _OTHER_LINES)

    def press(self, keys: str) -> None:
        """Act on each of *keys*; others than those named are ignored."""
        for key in keys:
            if key == "q":
                self._on_quit()
            elif key == "s":
                orders = list(Order)
                self.order = orders[(orders.index(self.order) + 1) % len(orders)]
            elif key == "p":
                self._shows_plan = not self._shows_plan

    def draw(
        self,
        lines: Sequence[Line],
        markets: int,
        figures: Figures,
        owners: Sequence[OwnerReport],
        notice: str,
        overview: str = "",
        history: Progress | None = None,
    ) -> None:
        """Put one picture on the screen; *overview* is one line about the market as a whole."""
        self._live.update(self.picture(lines, markets, figures, owners, notice, overview, history), refresh=True)

    def picture(
        self,
        lines: Sequence[Line],
        markets: int,
        figures: Figures,
        owners: Sequence[OwnerReport],
        notice: str,
        overview: str = "",
        history: Progress | None = None,
    ) -> RenderableType:
        """What `draw` shows."""
        wide = self._shows_plan and self._console.width >= _TABLE_WIDTH + _PLAN_WIDTH
        head = []
        if history is not None and history.is_running:
            lines = lines[: max(1, self.room - 1)]
            head.append(Text(f" {history.line()}", "cyan", no_wrap=True, overflow="ellipsis"))
        body: RenderableType = _markets(lines)
        if wide:
            grid = Table.grid(padding=(0, 2), expand=True)
            grid.add_column(ratio=1)
            grid.add_column(width=_PLAN_WIDTH)
            grid.add_row(body, _plan(owners, figures, self.room))
            body = grid
        title = Text.assemble(
            (f" {self._title} ", "reverse bold"),
            f"  {markets} markets, by {self.order.value}",
            ("  " + notice, "yellow"),
        )
        return Group(title, *head, body, _footer(figures, overview), Text(" q quit   s order   p plan", style="dim"))


def _markets(lines: Sequence[Line]) -> Table:
    table = Table(box=None, expand=True, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("symbol", no_wrap=True)
    for name in ("last", "1m", "score", "turnover", "trades/s", "candles", "age"):
        table.add_column(name, justify="right", no_wrap=True)
    if not lines:
        table.add_row(Text("waiting for the first trades ...", style="dim"))
    for line in lines:
        table.add_row(
            line.symbol,
            f"{line.last:,.{line.decimals}f}" if line.last is not None else Text("no trade yet", style="dim"),
            _change(line.change_1m),
            f"{line.score:.1f}" if line.score is not None else Text("-", style="dim"),
            f"{_compact(line.turnover)}{'' if line.is_24h else ' *'}",
            f"{line.trades_per_s:.1f}",
            f"{line.candles}/{line.wanted}",
            _age(line),
        )
    return table


def _change(change: float | None) -> Text:
    if change is None:
        return Text("-", style="dim")
    return Text(f"{change * 100:+.2f}%", style="green" if change > 0 else "red" if change < 0 else "")


def _age(line: Line) -> Text:
    if line.age_s is None:
        return Text("-", style="dim")
    if line.is_polled:
        return Text(f"{line.age_s:.0f}s polled", style="yellow")
    return Text(f"{line.age_s:.0f}s", style="yellow" if line.is_stale else "")


def _compact(value: float) -> str:
    """A large number in four digits: 12.3M.

    >>> _compact(12_345_678)
    '12.3M'
    """
    for unit, scale in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if value >= scale:
            return f"{value / scale:.1f}{unit}"
    return f"{value:.0f}"


def _plan(owners: Sequence[OwnerReport], figures: Figures, room: int) -> Table:
    table = Table(box=None, expand=True, pad_edge=False, header_style="bold", title=None)
    table.add_column("memory owner", no_wrap=True, max_width=_PLAN_WIDTH - 2 * (_BYTES_WIDTH + 2))
    # Figures keep their place beside a long list of what was given up.
    table.add_column("used", justify="right", no_wrap=True, min_width=_BYTES_WIDTH)
    table.add_column("reserved", justify="right", no_wrap=True, min_width=_BYTES_WIDTH)
    shown = list(owners)[: max(1, room - 2 - bool(figures.given_up))]
    for owner in shown:
        table.add_row(owner.owner, format_bytes(owner.bytes_used), format_bytes(owner.bytes_reserved))
    rest = list(owners)[len(shown) :]
    if rest:
        table.add_row(
            f"{len(rest)} more",
            format_bytes(sum(owner.bytes_used for owner in rest)),
            format_bytes(sum(owner.bytes_reserved for owner in rest)),
            style="dim",
        )
    if figures.given_up:
        table.add_row(f"given up: {', '.join(figures.given_up)}", f"{figures.sacrifices} steps", "", style="yellow")
    table.add_row("process (RSS)", format_bytes(figures.rss), format_bytes(figures.budget), style="bold")
    return table


def _footer(figures: Figures, overview: str) -> Text:
    slope = "warming up" if figures.slope_mb_h is None else f"{figures.slope_mb_h:+.2f} MB/h"
    share = figures.rss / figures.budget
    return Text.assemble(
        f" {overview}\n {figures.messages_per_s:,.0f} msgs/s  {figures.trades_per_s:,.0f} trades/s"
        f"  {figures.candles:,} candles"
        f"  {figures.gaps} gaps  {figures.decode_errors} errors  {_stale(figures)}lag {figures.loop_lag_ms:.1f} ms"
        f"  cpu {figures.cpu * 100:.1f}%  RSS ",
        (f"{format_bytes(figures.rss)} of {format_bytes(figures.budget)}", "red" if share > 0.8 else "green"),
        f"  slope {slope}  clock {_offset(figures)}  up {format_seconds(int(figures.uptime_s))}",
    )


def _stale(figures: Figures) -> str:
    return f"{figures.stale} stale  " if figures.stale else ""


def _offset(figures: Figures) -> str:
    if figures.offset_ms is None:
        return "not compared"
    error = "" if figures.offset_error_ms is None else f" ±{figures.offset_error_ms:.0f}"
    return f"{figures.offset_ms:+.0f}{error} ms"
