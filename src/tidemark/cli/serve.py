"""`tidemark serve`: one more process that serves what a monitor knows."""

import asyncio
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError
from tidemark.live.logs import configure
from tidemark.live.loop import run_loop
from tidemark.settings.settings import Settings
from tidemark.units import SECOND

if TYPE_CHECKING:
    from tidemark.serve.shared.keys import Removed

_PATIENCE_NS = 2 * SECOND


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    monitor: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where the monitor serves; else serve.monitor.", show_default=False),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Serve at this port; else serve.port.", show_default=False)
    ] = None,
    clear_cache: Annotated[
        bool, typer.Option("--clear-cache", help="Remove the answers that are kept in serve.redis_url, and end.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Serve further clients of a monitor that runs: the same API, push and dashboard, from a process of its own.

    The monitor is asked once for what many want. With serve.redis_url several such processes share what they know.
    Ctrl-C ends it.

    Examples:
      tidemark serve

      tidemark serve --monitor http://127.0.0.1:8420 --port 8422

      TIDEMARK_SERVE_REDIS_URL=redis://127.0.0.1/0 tidemark serve

      tidemark serve --clear-cache --json
    """
    flags = {"serve.monitor": monitor, "serve.port": None if port is None else str(port)}
    chosen = settings(config, set_, flags).settings
    configure(chosen.log, None)
    if clear_cache:
        removed = run_loop(_clear(chosen))
        if json:
            print_json(removed)
        else:
            print(f"{removed.keys:,} answers were removed")
        return

    def tell(address: str) -> None:
        if json:
            print_json({"address": address, "monitor": chosen.serve.monitor})
        else:
            print(f"tidemark: serving {chosen.serve.monitor} at {address}; Ctrl-C ends it", file=sys.stderr)

    run_loop(_serve(chosen, tell))


async def _clear(chosen: Settings) -> "Removed":
    if chosen.serve.redis_url is None:
        raise SettingsError(
            "serve.redis_url is not set, so there is nothing to clear: each process keeps its answers itself, as long"
            " as it runs"
        )
    from tidemark.serve.shared.keys import ANSWERS, remove
    from tidemark.serve.shared.link import RedisLink

    link, clock = RedisLink(chosen.serve.redis_url.reveal()), SystemClock()
    begun = clock.monotonic_ns()
    console = Console(stderr=True)
    columns = (TextColumn("removing answers"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    bar = progress.add_task("", total=None)

    def tell(gone: int, most: int) -> None:
        # What is done in a moment needs no bar.
        if clock.monotonic_ns() - begun > _PATIENCE_NS:
            progress.start()
        progress.update(bar, completed=gone, total=most)

    try:
        await link.open()
        return await remove(link, ANSWERS, tell)
    finally:
        progress.stop()
        await link.close()


async def _serve(chosen: Settings, tell: Callable[[str], None]) -> None:
    from tidemark.serve.process import run

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await run(chosen, stop, tell)
