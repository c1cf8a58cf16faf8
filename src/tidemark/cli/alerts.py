"""`tidemark alerts`: who is told, what they were told, and what did not arrive."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError
from tidemark.ingest.venues import registry
from tidemark.live.place import folder_name
from tidemark.settings.alerting import SinkSpec, check
from tidemark.settings.settings import Settings
from tidemark.units import SECOND, parse_whole

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tidemark.alerts.outbox import DeadLetter
    from tidemark.live.alerts_job import Tried
    from tidemark.model.notification import Notification

_ACTIONS = ("test", "list", "dead", "resend", "read")
_MOST_LISTED = 1000
T = TypeVar("T")


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """How many dead letters are sent again, or notifications were read."""

    changed: int


def command(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="test, list, dead, resend or read.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="test: sinks, else all; resend: numbers of dead letters; read: ids of notifications.",
            show_default=False,
        ),
    ] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="For resend and read: all there are.")] = False,
    unread: Annotated[bool, typer.Option("--unread", help="For list: only what nobody has read.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=_MOST_LISTED, help="For list and dead: at most so many.")] = 50,
    json: JsonOption = False,
) -> int:
    """Try the sinks, list what was told, and send again what did not arrive.

    test sends one notification to each sink that is configured, at once; exit code 1 where one did not take it. list
    has the newest notifications, dead those that were given up. resend tries dead letters again; the running service
    sends them within ten seconds. read marks notifications as read.

    Examples:
      tidemark alerts test

      tidemark alerts test phone --set "alerts.sinks=phone ntfy://ntfy.sh/a-topic-of-yours"

      tidemark alerts list --unread --json

      tidemark alerts dead

      tidemark alerts resend 17 18

      tidemark alerts read --all
    """
    if action not in _ACTIONS:
        raise SettingsError(f"alerts {action!r} is not known; there are: {', '.join(_ACTIONS)}")
    chosen = settings(config, set_, {"venue.name": venue}).settings
    registry.find(chosen.venue.name)
    given = names or []
    match action:
        case "test":
            return _test(_specs(chosen, given), chosen, json=json)
        case "list":
            _refuse_names(given, action)
            _list(_asked(chosen, lambda engine, of: _newest(engine, of, limit, only_unread=unread)) or [], json=json)
        case "dead":
            _refuse_names(given, action)
            _dead(_asked(chosen, lambda engine, of: _dead_letters(engine, of, limit)) or [], json=json)
        case _:
            _change(action, chosen, _chosen(given, action, is_all=all_), json=json)
    return 0


def _test(specs: Sequence[SinkSpec], chosen: Settings, *, json: bool) -> int:
    from tidemark.alerts.sinks.base import Place
    from tidemark.alerts.trial import trial

    place = Place(folder=chosen.store.path / folder_name(chosen), clock=SystemClock())
    tried = trial(specs, place, chosen.alerts.link, Random(place.clock.now_ns()))
    if json:
        print_json(tried)
    elif tried:
        Console().print(_trial_table(tried))
    else:
        print("no sink is configured; write one into alerts.sinks, like: phone ntfy://ntfy.sh/a-topic-of-yours")
    return 1 if any(one.is_sent is False for one in tried) else 0


def _change(action: str, chosen: Settings, names: Sequence[str] | None, *, json: bool) -> None:
    from tidemark.alerts.history import History
    from tidemark.alerts.outbox import Outbox

    now = SystemClock().now_ns()
    if action == "resend":
        numbers = None if names is None else _numbers(names)
        changed = _asked(chosen, lambda engine, of: Outbox(engine, of).resend(numbers, now)) or 0
    else:
        changed = _asked(chosen, lambda engine, of: History(engine, of).read(names, now)) or 0
    if json:
        print_json(Changed(changed=changed))
    elif action == "resend":
        print(f"{changed} dead letters are sent again by the service, while it runs")
    else:
        print(f"{changed} notifications are read now")


def _asked(chosen: Settings, ask: "Callable[[sa.Engine, str], T]") -> T | None:
    """What *ask* finds in the database; None where nothing was ever kept."""
    from tidemark.store.database import Database

    folder: Path = chosen.store.path / folder_name(chosen)
    url = None if chosen.store.database is None else chosen.store.database.reveal()
    if url is None and not folder.is_dir():
        return None
    with Database.open(url, folder) as database:
        return ask(database.engine, folder.name)


def _newest(engine: "sa.Engine", of: str, limit: int, *, only_unread: bool) -> "list[Notification]":
    from tidemark.alerts.history import History

    return History(engine, of).newest(limit, only_unread=only_unread)


def _dead_letters(engine: "sa.Engine", of: str, limit: int) -> "list[DeadLetter]":
    from tidemark.alerts.outbox import Outbox

    return Outbox(engine, of).dead(limit)


def _specs(chosen: Settings, names: Sequence[str]) -> list[SinkSpec]:
    specs = check(chosen.alerts)
    unknown = sorted(set(names) - {spec.name for spec in specs})
    if unknown:
        known = ", ".join(spec.name for spec in specs) or "none"
        raise SettingsError(f"there is no sink {unknown[0][:40]!r}; alerts.sinks has: {known}")
    return [spec for spec in specs if not names or spec.name in names]


def _refuse_names(names: Sequence[str], action: str) -> None:
    if names:
        raise SettingsError(f"alerts {action} takes no names, and {names[0][:40]!r} was given")


def _chosen(names: Sequence[str], action: str, *, is_all: bool) -> Sequence[str] | None:
    """The names, None for all of them."""
    if bool(names) is is_all:
        raise SettingsError(f"alerts {action} needs either names or --all, like `tidemark alerts {action} --all`")
    return None if is_all else names


def _numbers(names: Sequence[str]) -> list[int]:
    numbers = {name: parse_whole(name) for name in names}
    wrong = [name for name, number in numbers.items() if number is None]
    if wrong:
        raise SettingsError(f"{wrong[0][:40]!r} is no number of a dead letter; `tidemark alerts dead` lists them")
    return [number for number in numbers.values() if number is not None]


def _list(found: "list[Notification]", *, json: bool) -> None:
    if json:
        print_json(found)
        return
    if not found:
        print("nobody was told anything; `tidemark alerts test` tries the sinks")
        return
    table = _table("Notifications, the newest first", "at (UTC)", "severity", "read")
    table.add_column("what", overflow="fold")
    for one in found:
        table.add_row(_time(one.at), one.severity.word, "" if one.read_at is None else "read", one.title)
    Console().print(table)


def _dead(found: "list[DeadLetter]", *, json: bool) -> None:
    if json:
        print_json(found)
        return
    if not found:
        print("there is no dead letter: whatever was sent has arrived, or is tried again")
        return
    table = _table("Dead letters, the newest first", "number", "sink", "given up (UTC)", "attempts")
    table.add_column("what", overflow="fold")
    table.add_column("why", overflow="fold")
    for one in found:
        table.add_row(str(one.number), one.channel, _time(one.at), str(one.attempts), one.title, one.error)
    Console().print(table)


def _trial_table(tried: "Sequence[Tried]") -> Table:
    table = _table(None, "sink", "to", "sent")
    table.add_column("what became of it", overflow="fold")
    words = {True: "yes", False: "no", None: "not tried"}
    for one in tried:
        table.add_row(one.sink, f"{one.scheme}:", words[one.is_sent], one.detail)
    return table


def _table(title: str | None, *columns: str) -> Table:
    table = Table(title=title, title_style="bold", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _time(at: int) -> str:
    return f"{dt.datetime.fromtimestamp(at // SECOND, dt.UTC):%Y-%m-%d %H:%M:%S}"
