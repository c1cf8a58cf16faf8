"""`tidemark gaps`: what was not seen, and what became of it."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError
from tidemark.ingest.venues import registry
from tidemark.live.place import folder_name
from tidemark.market.gaps import CHANNELS
from tidemark.model.gap import Gap, Repair
from tidemark.units import SECOND, parse_seconds

# A screen shows so many; `--json` gives all of them.
_SHOWN = 200


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only this market.", show_default=False)] = None,
    channel: Annotated[str | None, typer.Option(help="Only this channel, like trades.", show_default=False)] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only what lasted into the last TIME, like 24h.", show_default=False),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only gaps that have not ended.")] = False,
    json: JsonOption = False,
) -> None:
    """Print the gaps: which channel of which market was not seen whole, from when to when, why, and what was repaired.

    Examples:
      tidemark gaps --since 24h

      tidemark gaps --symbol BTCUSDT --channel trades

      tidemark gaps --open --json
    """
    chosen = settings(config, set_, {"venue.name": venue}).settings
    registry.find(chosen.venue.name)
    if channel is not None and channel not in CHANNELS:
        raise SettingsError(f"--channel {channel!r} is not known; there are: {', '.join(CHANNELS)}")
    now = SystemClock().now_ns()
    since_ns = now - int(parse_seconds(since) * SECOND) if since is not None else None
    folder = chosen.store.path / folder_name(chosen)
    url = None if chosen.store.database is None else chosen.store.database.reveal()
    if url is None and not folder.is_dir():
        _tell([], folder, now, json=json, filtered=False)
        return
    from tidemark.store.database import Database

    with Database.open(url, folder) as database:
        if (folder / "gaps").is_dir():
            database.load_gaps(folder / "gaps")
        found = database.gaps(
            venue=chosen.venue.name,
            symbol=symbol.upper() if symbol is not None else None,
            channel=channel,
            since_ns=since_ns,
            only_open=open_,
            most=None if json else _SHOWN + 1,
        )
    _tell(found, folder, now, json=json, filtered=bool(symbol or channel or since or open_))


def _tell(found: list[Gap], folder: Path, now: int, *, json: bool, filtered: bool) -> None:
    console = Console()
    if json:
        print_json(found)
    elif found:
        console.print(_table(found[:_SHOWN], now))
        if len(found) > _SHOWN:
            console.print(f"the newest {_SHOWN} are shown; --json gives all of them")
    elif filtered:
        console.print("no gap matches; without options all of them are listed")
    else:
        console.print(
            f"no gap is known in {folder}: `tidemark run` writes one down whenever a channel of a market is not seen"
            " whole",
            soft_wrap=True,
        )


def _table(found: list[Gap], now: int) -> Table:
    table = Table(title="Gaps, the newest first", title_style="bold", box=None, pad_edge=False, header_style="bold")
    table.add_column("market", no_wrap=True)
    for name in ("channel", "from (UTC)", "lasted", "repair"):
        table.add_column(name, no_wrap=True)
    table.add_column("lost", justify="right", no_wrap=True)
    table.add_column("cause", overflow="fold")
    for gap in found:
        lasted_s = max(0, (gap.gap_to if gap.gap_to is not None else now) - gap.gap_from) // SECOND
        lasted = str(dt.timedelta(seconds=lasted_s))
        table.add_row(
            gap.symbol,
            gap.channel,
            f"{dt.datetime.fromtimestamp(gap.gap_from // SECOND, dt.UTC):%Y-%m-%d %H:%M:%S}",
            lasted if gap.gap_to is not None else f"{lasted}, open",
            "" if gap.repair is Repair.NONE else gap.repair.value,
            str(gap.lost) if gap.lost else "",
            gap.cause,
        )
    return table
