"""What several commands take: where settings come from, and how results are printed."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tidemark.errors import SettingsError

if TYPE_CHECKING:
    from tidemark.api.server import Server
    from tidemark.settings.settings import Settings
    from tidemark.sources import Loaded

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Read settings from this TOML file.", show_default=False)
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set one setting; may be given often.", show_default=False),
]
SocketOption = Annotated[
    Path | None,
    typer.Option(
        "--socket",
        metavar="FILE",
        help="The process's control socket; else it is found by the settings.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]


def settings(file: Path | None, pairs: list[str] | None, flags: Mapping[str, str | None]) -> "Loaded[Settings]":
    """The settings from *file*, the environment, `--set` pairs and the command's own flags; later ones win."""
    # Twelve megabytes, which a command that reads files does without.
    from tidemark.settings.settings import load

    given: dict[str, str] = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise SettingsError(f"--set {pair!r} is not understood; write KEY=VALUE, like memory.budget=256MB")
        given[key] = value
    given |= {key: value for key, value in flags.items() if value is not None}
    return load(file, os.environ, given)


def server_of(loaded: "Loaded[Settings]", *, any_port: bool = False) -> "Server | None":
    """What serves the API beside the monitor, None where the settings do not want it: then it is not even imported.

    any_port: where the port is taken, another one will do, unless somebody set it.
    """
    if not loaded.settings.api.enabled:
        return None
    from tidemark.api.server import Server

    return Server(loaded, any_port=any_port and loaded.source_of("api.port") == "default")


def print_json(value: object) -> None:
    """One JSON object on one line."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()
