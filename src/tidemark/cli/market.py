"""`tidemark market`: the whole market against the one that leads."""

from enum import Enum
from typing import Annotated

import typer

from tidemark.cli.asked import show
from tidemark.cli.scores import as_market
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, SocketOption, settings
from tidemark.live.caller import socket_path
from tidemark.model.timeframe import Timeframe


class Compared(Enum):
    """Those of `context.HALF_LIVES`."""

    M1 = "1m"
    M5 = "5m"


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    socket: SocketOption = None,
    timeframe: Annotated[Compared, typer.Option(help="The candles in which markets are compared.")] = Compared.M5,
    top: Annotated[int, typer.Option(min=1, max=5000, help="So many markets, from both ends of the list.")] = 20,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every second, until Ctrl-C.")] = False,
    json: JsonOption = False,
) -> None:
    """Ask the running process how the market stands: breadth, dispersion, regimes, and each market against the leader.

    With --json all markets are printed; with --watch one object a second.

    Examples:
      tidemark market

      tidemark market --timeframe 1m --top 10 --watch

      tidemark market --venue binance --json
    """
    path = socket if socket is not None else socket_path(settings(config, set_, {"venue.name": venue}).settings)
    chosen = Timeframe(timeframe.value)
    show(path, lambda process: process.market(chosen), lambda told: as_market(told, top), json=json, watch=watch)
