"""`tidemark plan`: the memory plan, before anything is allocated."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, server_of, settings
from tidemark.engine.sizing import Choice
from tidemark.errors import BudgetError
from tidemark.ingest.venues.base import Venue
from tidemark.live.beside import Beside
from tidemark.live.place import find_venue
from tidemark.live.wiring import fit_plan, wanted
from tidemark.memory.ledger import Reservation
from tidemark.memory.plan import Fit
from tidemark.memory.process import Process
from tidemark.settings.settings import Settings
from tidemark.units import MIB, format_bytes

# The markets that Bybit lists, about; `tidemark run` counts them.
_MARKETS = 560
# No plan takes that much: what one takes with it is what it takes without a cut.
_PLENTY = 1 << 50


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    symbols: Annotated[int, typer.Option(min=1, max=10_000, help="Markets to watch.")] = _MARKETS,
    budget: Annotated[str | None, typer.Option(metavar="SIZE", help="Memory of the process, like 256MB.")] = None,
    venue: Annotated[str | None, typer.Option(help="The exchange.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse instead of giving anything up.")] = False,
    json: JsonOption = False,
) -> None:
    """Print the memory plan: every owner, its worst case, and the sum against the budget.

    What does not fit is given up in the order of sacrifice, each cut with its reason.

    Examples:
      tidemark plan

      tidemark plan --symbols 300 --budget 192MB

      tidemark plan --strict --json
    """
    loaded = settings(config, set_, {"memory.budget": budget, "venue.name": venue})
    chosen, beside = loaded.settings, server_of(loaded)
    exchange = find_venue(chosen)
    names = [f"{number}USDT" for number in range(symbols)]
    floor = Process().read().rss
    reserve = _reserve(chosen, beside)
    fit = fit_plan(chosen, names, exchange, floor=floor, beside=reserve)
    if strict and fit.cuts:
        least = _least_budget(chosen, names, exchange, floor, reserve)
        cheapest = "; ".join(f"{cut.reason} (saves {format_bytes(cut.bytes_saved)})" for cut in fit.cuts[:3])
        raise BudgetError(
            f"memory.budget is {format_bytes(chosen.memory.budget)}, which {symbols} markets do not fit; set it to"
            f" {least // MIB}MB or more; without --strict the first cuts are: {cheapest}"
        )
    if json:
        print_json(_as_data(fit))
    else:
        _print(fit, wanted(chosen, symbols))


def _reserve(chosen: Settings, beside: Beside | None) -> Callable[[int], Sequence[Reservation]]:
    """What the server takes, by the number of slots."""
    return lambda series: beside.reserve(chosen, series) if beside is not None else ()


def _least_budget(
    chosen: Settings,
    symbols: Sequence[str],
    exchange: Venue,
    floor: int,
    reserve: Callable[[int], Sequence[Reservation]],
) -> int:
    """The bytes that all of it would fit."""
    plenty = msgspec.structs.replace(chosen, memory=msgspec.structs.replace(chosen.memory, budget=_PLENTY))
    return fit_plan(plenty, symbols, exchange, floor=floor, beside=reserve).plan.least_budget


def _print(fit: Fit[Choice], asked: Choice) -> None:
    plan = fit.plan
    console = Console()
    table = Table(title=f"Memory plan, {fit.choice.series} slots", box=None, pad_edge=False, header_style="bold")
    table.add_column("owner", no_wrap=True)
    table.add_column("items", justify="right")
    table.add_column("bytes an item", justify="right")
    table.add_column("at most", justify="right")
    table.add_column("when full")
    table.add_row("floor (measured)", "", "", format_bytes(plan.floor), "")
    for line in sorted(plan.lines, key=lambda line: -line.bytes):
        table.add_row(line.owner, f"{line.capacity:,}", f"{line.item_bytes:g}", format_bytes(line.bytes), line.policy)
    table.add_row("transient", "", "", format_bytes(plan.transient), "refuses, retryably")
    table.add_row(f"reserve ({plan.reserve_share:.0%})", "", "", format_bytes(plan.reserve), "stays free")
    table.add_section()
    table.add_row("sum", "", "", format_bytes(plan.total), "", style="bold")
    table.add_row("budget", "", "", format_bytes(plan.budget), f"{format_bytes(plan.spare)} spare", style="bold")
    console.print(table)
    if fit.cuts:
        slots = f"{asked.series} slots asked for, {fit.choice.series} left"
        console.print(f"\nGiven up, in the order of sacrifice ({slots}):")
        for cut in fit.cuts:
            console.print(f"  {cut.reason}: saves {format_bytes(cut.bytes_saved)}", highlight=False)
    for child in plan.children:
        console.print(
            f"\nBeside the service: {child.owner}, at most {format_bytes(child.bytes)}; {child.policy}", highlight=False
        )
    console.print("\nFor a systemd unit:", highlight=False)
    sys.stdout.write("".join(f"  {line}\n" for line in plan.systemd_line().splitlines()))


def _as_data(fit: Fit[Choice]) -> dict[str, object]:
    plan = fit.plan
    return {
        "budget": plan.budget,
        "floor": plan.floor,
        "owners": [
            {
                "owner": line.owner,
                "kind": line.kind,
                "capacity": line.capacity,
                "item_bytes": line.item_bytes,
                "bytes": line.bytes,
                "policy": line.policy,
            }
            for line in plan.lines
        ],
        "children": [{"owner": child.owner, "bytes": child.bytes, "policy": child.policy} for child in plan.children],
        "transient": plan.transient,
        "reserve": plan.reserve,
        "sum": plan.total,
        "spare": plan.spare,
        "slots": fit.choice.series,
        "timeframes": [timeframe.value for timeframe in fit.choice.timeframes],
        "cuts": [{"reason": cut.reason, "bytes_saved": cut.bytes_saved} for cut in fit.cuts],
        "systemd": plan.systemd_line().splitlines(),
    }
