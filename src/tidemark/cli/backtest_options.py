"""What the commands of backtests take alike: which strategy, over which candles, at which costs."""

import datetime as dt
from typing import Annotated

import typer

from tidemark.errors import SettingsError
from tidemark.units import SECOND

StrategyArgument = Annotated[
    str, typer.Argument(metavar="STRATEGY", help="A file of Python, file.py:Name, rules, or rules:NAME,NAME.")
]
DataOption = Annotated[
    str, typer.Option(metavar="PATH", help="A file or a folder of candles, a URL of an object store, or a recording.")
]
SymbolOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this market; may be given often.", show_default=False)
]
TimeframeOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Which candles, where there are several.", show_default=False)
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="The first day, UTC.", show_default=False)
]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="The day before which it ends, UTC.", show_default=False)
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="Set a parameter; may be given often.", show_default=False),
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE", help="Set a cost or a rule of the broker, like fees.use=none.", show_default=False
    ),
]
CashOption = Annotated[float, typer.Option(min=1e-9, max=1e15, help="What the account begins with.")]


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """What `NAME=VALUE` says, of all that were given."""
    made = {}
    for pair in given or ():
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise SettingsError(f"{option} {pair!r} is not understood; write NAME=VALUE, like fast=10")
        made[key] = value
    return made


def day(option: str, text: str | None) -> int | None:
    """The time (ns) of a date or a moment, UTC where it does not say; None of nothing."""
    if text is None:
        return None
    try:
        made = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{option} {text!r} is no date; write one like 2024-01-31 or 2024-01-31T12:00") from error
    return int((made if made.tzinfo else made.replace(tzinfo=dt.UTC)).timestamp()) * SECOND
