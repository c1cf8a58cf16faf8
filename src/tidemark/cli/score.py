"""`tidemark score`: every market by its score."""

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from tidemark.cli.scores import as_table
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, SocketOption, print_json, settings
from tidemark.live.caller import Caller, socket_path

_EVERY_S = 1.0


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    socket: SocketOption = None,
    top: Annotated[int, typer.Option(min=1, max=5000, help="So many markets, from both ends of the list.")] = 30,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every second, until Ctrl-C.")] = False,
    json: JsonOption = False,
) -> None:
    """Ask the running process for the score of every market, 0 to 100 around 50, and print them ranked.

    With --json all markets are printed; with --watch one object a second.

    Examples:
      tidemark score

      tidemark score --top 10 --watch

      tidemark score --venue binance --json
    """
    path = socket if socket is not None else socket_path(settings(config, set_, {"venue.name": venue}).settings)
    console = Console()
    with Caller(path) as process:
        if json:
            print_json(process.ranking())
            while watch:
                time.sleep(_EVERY_S)
                print_json(process.ranking())
        elif watch:
            with Live(as_table(process.ranking(), top), console=console, auto_refresh=False) as shown:
                while True:
                    time.sleep(_EVERY_S)
                    shown.update(as_table(process.ranking(), top), refresh=True)
        else:
            console.print(as_table(process.ranking(), top))
