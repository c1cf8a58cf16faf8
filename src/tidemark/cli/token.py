"""`tidemark token`: who may ask the service from other machines."""

import datetime as dt
import sys
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table

from tidemark.api.tokens import Scope, Token, Tokens
from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError

_ACTIONS = ("create", "revoke", "list")
_SCOPES: tuple[Scope, ...] = get_args(Scope)


def command(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="create, revoke or list.")],
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The token's name; for revoke its id too.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help="What it is good for: read (default) or write, which implies read."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make, revoke and list the tokens that programs on other machines have to show; this machine needs none.

    The secret of a token is printed once, and only a hash of it is kept. A running service follows at once.

    Examples:
      tidemark token create grafana

      tidemark token create operator --scope write --json

      tidemark token list

      tidemark token revoke grafana
    """
    tokens = Tokens(settings(config, set_, {}).settings.store.path)
    match action:
        case "create":
            created = tokens.create(_named(name, action), _scopes(scope), SystemClock().now_ns())
            if json:
                print_json(created)
                return
            print(created.secret)
            print(
                f"tidemark: this secret of {created.token.name} (id {created.token.id}) is shown once; a program sends"
                " it as Authorization: Bearer SECRET",
                file=sys.stderr,
            )
        case "revoke":
            _refuse_scope(scope, action)
            revoked = tokens.revoke(_named(name, action))
            if json:
                print_json(revoked)
            else:
                print(f"{revoked.name} (id {revoked.id}) is revoked")
        case "list":
            _refuse_scope(scope, action)
            if name is not None:
                raise SettingsError(f"token list takes no name, and {name!r} was given; it lists all there are")
            found = tokens.listed()
            if json:
                print_json(found)
            elif found:
                Console().print(_table(found))
            else:
                print("there is no token; `tidemark token create NAME` makes one")
        case _:
            raise SettingsError(f"token {action!r} is not known; there are: {', '.join(_ACTIONS)}")


def _named(name: str | None, action: str) -> str:
    if name is None:
        raise SettingsError(f"token {action} needs a name, like `tidemark token {action} grafana`")
    return name


def _refuse_scope(scope: list[str] | None, action: str) -> None:
    if scope:
        raise SettingsError(f"--scope is for token create; token {action} takes none")


def _scopes(given: list[str] | None) -> tuple[Scope, ...]:
    for one in given or ():
        if one not in _SCOPES:
            raise SettingsError(f"--scope {one!r} is not known; there are: {', '.join(_SCOPES)}")
    return tuple(scope for scope in _SCOPES if scope in (given or ("read",)))


def _table(found: list[Token]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "name", "scopes", "created (UTC)"):
        table.add_column(name, no_wrap=True)
    for token in found:
        created = dt.datetime.fromtimestamp(token.created_ms // 1000, dt.UTC)
        table.add_row(token.id, token.name, ", ".join(token.scopes), f"{created:%Y-%m-%d %H:%M:%S}")
    return table
