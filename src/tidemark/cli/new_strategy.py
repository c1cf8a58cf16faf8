"""`tidemark new-strategy`: a strategy to begin with."""

from pathlib import Path
from typing import Annotated

import typer

from tidemark.cli.shared import JsonOption, print_json
from tidemark.errors import SettingsError


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Like mean_cross, or a file: ideas/mean_cross.py.")],
    json: JsonOption = False,
) -> None:
    """Write a strategy that runs, to be changed.

    Examples:
      tidemark new-strategy mean_cross
    """
    from tidemark.backtest.strategies.template import class_name, written

    path = Path(name if name.endswith(".py") else f"{name}.py")
    kind = class_name(path.stem)
    if not kind.isidentifier():
        raise SettingsError(f"{name!r} is no name for a strategy; take letters, digits and _, and begin with a letter")
    if path.exists():
        raise SettingsError(f"{path} is there already; choose another name, or remove it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(path.stem), encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error
    if json:
        print_json({"file": str(path), "strategy": kind})
    else:
        typer.echo(f"{path} has the strategy {kind}; try it: tidemark backtest run {path} --data FOLDER")
