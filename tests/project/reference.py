"""The parts of the documentation that follow from the code.

`python -m tests.project.reference` writes them between their marks in docs/; a test fails where they differ.
"""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import get_args, get_type_hints

import msgspec
import typer
from tests.project.repository import ROOT, text_of
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

import tidemark.errors
from tidemark.api.routes import registry as routes
from tidemark.backtest.metrics import curve_figures, trip_figures, turnover
from tidemark.backtest.metrics.luck import deflated
from tidemark.cli.archive import Holding
from tidemark.cli.archive import Report as ArchiveReport
from tidemark.cli.main import application
from tidemark.cli.replay import Replayed
from tidemark.errors import TidemarkError, UserError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.frame import FrameKind
from tidemark.live.diagnosis import Written
from tidemark.live.summary import Summary
from tidemark.live.wiring import reservations, wanted
from tidemark.model.candle import Candle
from tidemark.model.events import ControlEvent, Event, MarketEvent
from tidemark.model.gap import Gap
from tidemark.model.instrument import Instrument
from tidemark.proof.audit import Report
from tidemark.proof.canary import Canary
from tidemark.proof.findings import Finding, Suspect
from tidemark.proof.hypotheses.registry import find_all
from tidemark.settings.settings import Settings
from tidemark.sim.faults import Faults
from tidemark.store.capture import Header
from tidemark.store.journal import ROW_TYPE

DOCS = ROOT / "docs"
_BLOCK = re.compile(r"(<!-- begin: ([a-z -]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def commands() -> dict[str, TyperCommand]:
    """The commands of `tidemark`, in the order of its help, those of a group behind its name: `data list`."""
    group = typer.main.get_command(application([]))
    assert isinstance(group, TyperGroup)
    return dict(_commands(group, ()))


def _commands(group: TyperGroup, before: tuple[str, ...]) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, (*before, name))
        elif isinstance(command, TyperCommand):
            yield " ".join((*before, name)), command


def called(words: Sequence[str]) -> TyperCommand:
    """The command that *words* call, which follow `tidemark`; KeyError where there is none."""
    found = commands()
    name = next((" ".join(words[:count]) for count in (3, 2) if " ".join(words[:count]) in found), words[0])
    return found[name]


def options(command: TyperCommand) -> list[TyperOption | TyperArgument]:
    """Its arguments and options, but for `--help`."""
    return [
        param
        for param in command.params
        if isinstance(param, TyperOption | TyperArgument) and "--help" not in param.opts
    ]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _settings() -> str:
    command = [sys.executable, "-m", "tidemark", "config", "--schema"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.rstrip("\n")


def _command(command: TyperCommand) -> str:
    rows = []
    for param in options(command):
        if isinstance(param, TyperArgument):
            rows.append((f"`{param.metavar or (param.name or '').upper()}`", "", param.help or ""))
            continue
        is_flag = isinstance(param.default, bool)
        number = "NUMBER" if isinstance(param.default, int | float) else "TEXT"
        metavar = "" if is_flag else f" {param.metavar or number}"
        shown = param.default is not None and not is_flag and param.show_default is not False
        rows.append((f"`{', '.join(param.opts)}{metavar}`", f"`{param.default}`" if shown else "", param.help or ""))
    words = inspect.cleandoc(command.help or "").replace("\b\n", "")
    text, _, examples = words.partition("Examples:")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    parts = [text.strip(), _table(("option", "default", "meaning"), rows)]
    if lines:
        parts.append("```sh\n" + "\n".join(lines) + "\n```")
    return "\n\n".join(parts)


def _type_name(annotation: object) -> str:
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    name = re.sub(r"\b(?:[a-z_]+\.)+", "", name)
    return re.sub(r"Optional\[(\w+)\]", r"\1 | None", name)


def _struct(kind: type[msgspec.Struct], without: frozenset[str] = frozenset()) -> str:
    rows = []
    # Without the bounds of what is read back.
    types = get_type_hints(kind)
    for info in msgspec.structs.fields(kind):
        if info.name not in without:
            default = "" if info.default is msgspec.NODEFAULT else f"`{info.default}`"
            rows.append((f"`{info.encode_name}`", f"`{_type_name(types[info.name])}`", default))
    return _table(("field", "type", "default"), rows)


def event_kinds() -> tuple[type[Event], ...]:
    """Every member of the union of events."""
    return get_args(MarketEvent)


def _events() -> str:
    common = frozenset(info.name for info in msgspec.structs.fields(Event))
    parts = []
    for kind in event_kinds():
        tag = kind.__struct_config__.tag
        control = " It seals the batch it is in." if kind in get_args(ControlEvent) else ""
        parts.append(f"### {kind.__name__}\n\nTag `{tag}`. {inspect.getdoc(kind)}{control}")
        if any(info.name not in common for info in msgspec.structs.fields(kind)):
            parts.append(_struct(kind, common))
    return "\n\n".join(parts)


def error_classes() -> list[type[TidemarkError]]:
    """Every class of the tree, in the order of their definition."""
    found = vars(tidemark.errors).values()
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, TidemarkError)]


def _errors() -> str:
    tree = inspect.cleandoc(tidemark.errors.__doc__ or "").split("\n\n")[1]
    rows = [
        (
            f"`{kind.__name__}`",
            "yes" if kind.retry else "no",
            "2" if issubclass(kind, UserError) else "1",
            (inspect.getdoc(kind) or "").splitlines()[0],
        )
        for kind in error_classes()
    ]
    table = _table(("error", "a retry can help", "exit code", "meaning"), rows)
    return f"```text\n{inspect.cleandoc(tree)}\n```\n\n{table}"


def _frame_kinds() -> str:
    source = inspect.getsource(FrameKind)
    found = re.findall(r'= "([a-z_]+)"  # (.+)', source)
    assert len(found) == len(FrameKind)
    return _table(("kind", "meaning"), [(f"`{name}`", words) for name, words in found])


def _faults() -> str:
    described = dict(re.findall(r"^([a-z_]+) {2,}(.+)$", inspect.getdoc(Faults) or "", re.MULTILINE))
    explained = {
        "answer_pings": "while `silent`: pings are answered all the same",
        "reorder_ms": "how long `reorder` holds a frame back at most",
        "malformed_kinds": "the kinds of broken frames that `malformed` chooses from",
        "retry_after_s": "what `too_many_requests` says in Retry-After",
    }
    rows = []
    for info in msgspec.structs.fields(Faults):
        default = ",".join(info.default) if isinstance(info.default, tuple) else str(info.default).lower()
        rows.append((f"`{info.name}`", f"`{default}`", described.get(info.name) or explained[info.name]))
    return _table(("fault", "default", "what it does"), rows)


def _journal_row() -> str:
    rows = []
    fields = ROW_TYPE.fields
    assert fields is not None
    for name in ROW_TYPE.names or ():
        kind, offset = fields[name][:2]
        rows.append((f"`{name}`", f"`{kind.str}`", str(offset)))
    return _table(("field", "type", "offset"), rows)


def _owners() -> str:
    settings = Settings()
    venue = registry.find(settings.venue.name)
    choice = wanted(settings, 560, venue.book_rules)
    lines = reservations(settings, choice, is_numbered=venue.has_numbered_trades, sockets=6)
    return _table(("owner", "kind", "when full"), [(f"`{line.owner}`", line.kind, line.policy) for line in lines])


def _hypotheses() -> str:
    rows = [
        (
            f"`{name}`",
            (hypothesis.__doc__ or "").splitlines()[0],
            (inspect.getdoc(hypothesis.judge) or "").splitlines()[0],
        )
        for name, hypothesis in find_all()
    ]
    return _table(("hypothesis", "claim", "how it is judged"), rows)


def _routes() -> str:
    rows = []
    for route in routes.routes():
        parameters = [f"`{name}`" for name in route.asked.__struct_fields__ if f"{{{name}}}" not in route.path]
        rows.append((f"`{route.path}`", route.summary, ", ".join(parameters)))
    return _table(("GET", "what it gives", "parameters"), rows)


def _actions() -> str:
    rows = [
        (f"`{action.path}`", action.summary, ", ".join(f"`{name}`" for name in action.asked.__struct_fields__))
        for action in routes.actions()
    ]
    return _table(("POST", "what it does", "fields of the body"), rows)


def figures(*modules: ModuleType) -> list[Callable[..., object]]:
    """The functions of *modules* that say by which formula they give a figure."""
    found = [one for module in modules for one in vars(module).values() if inspect.isfunction(one)]
    return [one for one in found if "\nFormula: " in (inspect.getdoc(one) or "")]


def _figures(*modules: ModuleType) -> str:
    rows = []
    for one in figures(*modules):
        words = inspect.getdoc(one) or ""
        told = dict(re.findall(r"^(Formula|Unit|Of a year|Source): (.+)$", words, re.MULTILINE))
        rows.append(
            (
                f"`{one.__name__}`",
                words.splitlines()[0],
                told["Formula"],
                told["Unit"],
                told.get("Of a year", "no"),
                told["Source"],
            )
        )
    return _table(("figure", "what it is", "formula", "unit", "of a year", "source"), rows)


def blocks() -> dict[str, str]:
    """Every generated block, by the name in its mark."""
    return {
        "settings": _settings(),
        **{f"command {name}": _command(command) for name, command in commands().items()},
        "events": _events(),
        "candle": _struct(Candle),
        "instrument": _struct(Instrument),
        "errors": _errors(),
        "frame kinds": _frame_kinds(),
        "faults": _faults(),
        "summary": f"{inspect.getdoc(Summary)}\n\n{_struct(Summary)}",
        "replayed": f"{inspect.getdoc(Replayed)}\n\n{_struct(Replayed)}",
        "hypotheses": _hypotheses(),
        "audit report": "\n\n".join(
            f"**{kind.__name__}**. {inspect.getdoc(kind)}\n\n{_struct(kind)}"
            for kind in (Report, Finding, Suspect, Canary)
        ),
        "written": f"{inspect.getdoc(Written)}\n\n{_struct(Written)}",
        "gap": f"{inspect.getdoc(Gap)}\n\n{_struct(Gap)}",
        "archive report": "\n\n".join(
            f"{inspect.getdoc(kind)}\n\n{_struct(kind)}" for kind in (ArchiveReport, Holding)
        ),
        "capture header": _struct(Header),
        "journal row": _journal_row(),
        "owners": _owners(),
        "routes": _routes(),
        "actions": _actions(),
        "figures of equity": _figures(curve_figures, turnover),
        "figures of trips": _figures(trip_figures),
        "figures of trials": _figures(deflated),
    }


def filled(text: str, generated: dict[str, str]) -> str:
    """*text* with every marked block as it has to be."""
    return _BLOCK.sub(lambda match: f"{match[1]}\n{generated[match[2]]}\n\n{match[3]}", text)


def marked(text: str) -> list[str]:
    """The names of the blocks in *text*."""
    return [match[2] for match in _BLOCK.finditer(text)]


def pages() -> list[Path]:
    """Every page of the documentation."""
    return sorted(DOCS.rglob("*.md"))


def write() -> None:
    """Bring every page up to date."""
    generated = blocks()
    for page in pages():
        page.write_text(filled(text_of(page), generated), encoding="utf-8")


if __name__ == "__main__":
    write()
