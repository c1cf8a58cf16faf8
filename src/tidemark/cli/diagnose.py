"""`tidemark diagnose`: what a running process knows of itself, as one file."""

from pathlib import Path
from typing import Annotated

import typer

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, SocketOption, print_json, settings
from tidemark.live.caller import Caller, socket_path
from tidemark.units import format_bytes


def command(
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    socket: SocketOption = None,
    json: JsonOption = False,
) -> None:
    """Have the running process write a diagnosis beside its data, and print where it is.

    It holds the ledger, the tasks with their stacks, collector and allocator, the latest gaps and steps of memory
    pressure, and the settings without their secrets: under 1 MB, in under a second, while the feed goes on. The five
    newest are kept. SIGUSR1 does the same.

    Examples:
      tidemark diagnose

      tidemark diagnose --venue binance --json
    """
    with Caller(_path(config, set_, venue, socket)) as process:
        written = process.diagnose("tidemark diagnose")
    if json:
        print_json(written)
        return
    print(f"{written.path}: {format_bytes(written.bytes)}, written in {written.took_ms:g} ms")
    for words in written.cut:
        print(f"  cut to fit: {words}")


def _path(config: Path | None, pairs: list[str] | None, venue: str | None, socket: Path | None) -> Path:
    return socket if socket is not None else socket_path(settings(config, pairs, {"venue.name": venue}).settings)
