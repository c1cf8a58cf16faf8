"""`tidemark score`: every market by its score."""

from typing import Annotated

import typer

from tidemark.cli.asked import show
from tidemark.cli.scores import as_table
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, SocketOption, settings
from tidemark.live.caller import socket_path


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
    show(path, lambda process: process.ranking(), lambda told: as_table(told, top), json=json, watch=watch)
