"""`tidemark config`: the settings as they hold, and where each came from."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.settings.settings import schema


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    schema_: Annotated[
        bool, typer.Option("--schema", help="Print every setting there is, as a Markdown table.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Print the settings as they hold, and where each came from.

    Examples:
      tidemark config

      TIDEMARK_MEMORY_BUDGET=512MB tidemark config --json

      tidemark config --schema
    """
    if schema_:
        _print_schema(as_json=json)
        return
    rows = settings(config, set_, {}).effective()
    if json:
        print_json({row.key: {"value": row.value, "source": row.source} for row in rows})
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("setting", "value", "from"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row.key, row.value, row.source, style="" if row.source == "default" else "bold")
    Console().print(table)


def _print_schema(*, as_json: bool) -> None:
    rows = schema()
    if as_json:
        print_json(rows)
        return
    print("| setting | type | default | meaning |\n|---|---|---|---|")
    for row in rows:
        print(f"| `{row.key}` | {row.type.replace('|', 'or')} | `{row.default}` | {row.help} |")
