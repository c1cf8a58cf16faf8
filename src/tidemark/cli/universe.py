"""`tidemark universe`: who would be watched, and who would not, and why."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.ingest.rest import RestClient
from tidemark.live.loop import run_loop
from tidemark.live.place import find_venue
from tidemark.live.wiring import decide
from tidemark.market.breadth import Breadth, Reading
from tidemark.market.selection import Decision
from tidemark.memory.ledger import Ledger
from tidemark.model.instrument import Status
from tidemark.settings.settings import Settings
from tidemark.units import MINUTE


class _Answer(msgspec.Struct, frozen=True):
    venue: str
    watched: int
    decisions: list[Decision]
    market: Reading


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    watched_only: Annotated[bool, typer.Option("--watched", help="Only those that would be watched.")] = False,
    json: JsonOption = False,
) -> None:
    """Ask the exchange once, and say which markets the settings choose, and why the others are left out.

    The market as a whole stands below: how many rose and fell over 24 hours, of all that the exchange lists.

    Examples:
      tidemark universe

      tidemark universe --set universe.min_turnover_24h=5000000 --set universe.max_symbols=100

      tidemark universe --venue binance --watched --json
    """
    chosen = settings(config, set_, {"venue.name": venue}).settings
    answer = run_loop(_ask(chosen))
    if watched_only:
        answer = msgspec.structs.replace(answer, decisions=[one for one in answer.decisions if one.is_watched])
    if json:
        print_json(answer)
    else:
        _print(answer)


async def _ask(chosen: Settings) -> _Answer:
    exchange = find_venue(chosen)
    clock = SystemClock()
    # Whoever typed this waits for it: one attempt, and then the reason.
    async with RestClient(exchange, exchange.endpoints, clock, attempts=1) as rest:
        instruments = await rest.instruments()
        tickers = await rest.tickers()
    breadth = Breadth(Ledger())
    breadth.relist(one.symbol for one in instruments if one.status is Status.TRADING)
    breadth.update(tickers)
    decisions = decide(instruments, tickers, chosen, clock.now_ns())
    # The exchange's clock is nobody's business here: its newest ticker says what time it is.
    now_ns = max((ticker.ts_event for ticker in tickers), default=clock.now_ns())
    return _Answer(
        venue=exchange.name,
        watched=sum(one.is_watched for one in decisions),
        decisions=decisions,
        market=breadth.reading(now_ns, 5 * MINUTE),
    )


def _print(answer: _Answer) -> None:
    console = Console()
    if not answer.decisions:
        console.print(f"{answer.venue}: no market to show; the exchange lists none that is asked for", highlight=False)
        return
    table = Table(title=f"{answer.venue}: {answer.watched} markets watched", box=None, header_style="bold")
    table.add_column("rank", justify="right")
    table.add_column("symbol", no_wrap=True)
    table.add_column("24 h turnover, USDT", justify="right")
    table.add_column("")
    table.add_column("why")
    for one in answer.decisions:
        table.add_row(
            str(one.rank) if one.rank is not None else "",
            one.symbol,
            f"{one.turnover:,.0f}" if one.turnover is not None else "not known",
            Text("in", style="green") if one.is_watched else Text("out", style="yellow"),
            str(one),
        )
    console.print(table)
    console.print(f"\n{answer.market}", highlight=False)
