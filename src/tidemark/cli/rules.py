"""`tidemark rules`: what can raise a signal, and by which parameters."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.errors import SettingsError
from tidemark.settings.settings import Settings
from tidemark.signals import parameters
from tidemark.signals.parameters import Override
from tidemark.signals.rules import registry
from tidemark.sources import EffectiveRow, Loaded, SettingRow


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter: what holds, who said so, what may be written, and what it means."""

    name: str
    value: str
    source: str
    allowed: str
    default: str
    help: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. conditions: name to side; overrides: what single markets have instead."""

    name: str
    title: str
    kind: str
    conditions: dict[str, int]
    reads: tuple[str, ...]
    enabled: bool
    parameters: tuple[Parameter, ...]
    overrides: tuple[Override, ...]


def command(
    rule: Annotated[
        str | None, typer.Argument(metavar="RULE", help="One rule, with its parameters.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> None:
    """List the rules that raise signals; of one rule its parameters, what they are and what may be set.

    Examples:
      tidemark rules

      tidemark rules confluence

      tidemark rules confluence --set rules.confluence.enter=70 --json
    """
    if rule is not None and rule not in registry.names():
        raise SettingsError(f"there is no rule {rule!r}; there are: {', '.join(registry.names())}")
    found = listed(settings(config, set_, {}))
    told = [one for one in found if rule in {None, one.name}]
    if json:
        print_json(told)
        return
    console = Console()
    console.print(_overview(told) if rule is None else _parameters(told[0]))


def listed(loaded: Loaded[Settings]) -> list[Listed]:
    """Every rule as it holds."""
    effective = {row.key: row for row in loaded.effective()}
    _, overrides = loaded.settings.ruled()
    rows: dict[str, list[SettingRow]] = {}
    for row in parameters.schema():
        rows.setdefault(row.key.partition(".")[0], []).append(row)
    return [
        Listed(
            name=name,
            title=rule.TITLE,
            kind=rule.KIND.value,
            conditions={code.name: int(code.side) for code in rule.CODES.values()},
            reads=rule.READS,
            enabled=loaded.settings.signals.enabled and effective[f"rules.{name}.enabled"].value == "true",
            parameters=tuple(_parameter(row, effective[f"rules.{row.key}"]) for row in rows[name]),
            overrides=tuple(one for one in overrides if one.rule == name),
        )
        for name, rule in registry.rules().items()
    ]


def _parameter(row: SettingRow, holds: EffectiveRow) -> Parameter:
    return Parameter(
        name=row.key.partition(".")[2],
        value=holds.value,
        source=holds.source,
        allowed=row.type,
        default=row.default,
        help=row.help,
    )


def _overview(found: list[Listed]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("rule", "raises"):
        table.add_column(name, no_wrap=True)
    for name in ("conditions", "set by you"):
        table.add_column(name, overflow="fold")
    for one in found:
        own = [f"{each.name}={each.value}" for each in one.parameters if each.source != "default"]
        own += [f"{each.symbol} {each.parameter}={each.value:g}" for each in one.overrides]
        table.add_row(
            one.name if one.enabled else f"{one.name} (off)",
            "trades" if one.kind == "trade" else "notices",
            ", ".join(one.conditions),
            ", ".join(own),
            style="" if one.enabled else "dim",
        )
    return table


def _parameters(one: Listed) -> Table:
    table = Table(
        title=f"{one.title}: reads {', '.join(one.reads)}", title_justify="left", box=None, pad_edge=False,
        header_style="bold",
    )  # fmt: skip
    table.add_column("rules." + one.name, no_wrap=True)
    table.add_column("value", no_wrap=True)
    for name in ("allowed", "what it means"):
        table.add_column(name, overflow="fold")
    for each in one.parameters:
        table.add_row(each.name, each.value, each.allowed, each.help, style="" if each.source == "default" else "bold")
    for other in one.overrides:
        table.add_row(f"  {other.symbol} {other.parameter}", f"{other.value:g}", "", "what this market has instead")
    return table
