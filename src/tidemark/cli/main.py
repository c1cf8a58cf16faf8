"""The command line: finds the commands, and turns errors into one line and an exit code."""

import importlib
import pkgutil
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

import tidemark
from tidemark.errors import TidemarkError, UserError

# In the order of `--help`; whatever else stands in this folder follows, from A to Z.
_FIRST = (
    "run", "serve", "score", "explain", "market", "signals", "scorecard", "rules", "alerts", "universe", "gaps",
    "archive", "import", "data", "new-strategy", "backtest", "sim", "capture", "replay", "audit", "diagnose", "soak",
    "simulate", "plan", "config",
)  # fmt: skip
_NOT_COMMANDS = frozenset({
    "asked", "backtest_baseline", "backtest_options", "backtest_report", "backtest_shown", "backtest_sweep",
    "backtest_sweep_shown", "kept", "kept_runs", "main", "progress", "recorded", "scores", "shared", "structure_shown",
    "structure_svg", "wyckoff_truth",
})  # fmt: skip


def application(arguments: list[str]) -> typer.Typer:
    """The commands: every module beside this one, by its `command` function, or by its `group` of several.

    A command that *arguments* name is the only one that is imported: the service does not carry what others need.
    """
    app = typer.Typer(
        name="tidemark",
        help=tidemark.__doc__,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_global)
    # A module that would be called like a word of the language has a line below its name; one within is a dash.
    there = [entry.name for entry in pkgutil.iter_modules([str(Path(__file__).parent)])]
    modules = {name.rstrip("_").replace("_", "-"): name for name in there if name not in _NOT_COMMANDS}
    found = modules.keys()
    named = next((argument for argument in arguments if not argument.startswith("-")), None)
    wanted = [named] if named in found else [*_FIRST, *sorted(found - set(_FIRST))]
    for name in [] if named is None and "--version" in arguments else wanted:
        module = importlib.import_module(f"tidemark.cli.{modules[name]}")
        if hasattr(module, "group"):
            app.add_typer(module.group, name=name)
        else:
            app.command(name)(module.command)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tidemark {tidemark.__version__}")
        raise typer.Exit


def _global(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    context.obj = {"debug": debug, "version": version}


def run() -> None:
    """The entry point. Exit codes: 0 done, 1 failed, 2 something that the user can put right."""
    debug = "--debug" in sys.argv[1:]
    try:
        code = application(sys.argv[1:])(standalone_mode=False)
    except typer.Abort:
        raise SystemExit(130) from None
    except typer.TyperException as error:
        # Without a command the help has been printed, and there is nothing to add.
        _fail(error.format_message(), 2, debug=debug)
    except (TidemarkError, ExceptionGroup) as error:
        first = _first(error)
        _fail(str(first), 2 if isinstance(first, UserError) else 1, debug=debug)
    raise SystemExit(code if isinstance(code, int) else 0)


def _first(error: TidemarkError | ExceptionGroup[Exception]) -> Exception:
    """The error itself, or the first of ours in a group; a group without one is not ours to explain."""
    if not isinstance(error, ExceptionGroup):
        return error
    ours = error.subgroup(TidemarkError)
    if ours is None:
        raise error
    inner: Exception = ours
    while isinstance(inner, ExceptionGroup):
        inner = inner.exceptions[0]
    return inner


def _fail(message: str, code: int, *, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    if message:
        print(f"tidemark: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(code)
