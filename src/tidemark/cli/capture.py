"""`tidemark capture`: the service, with a recording of every frame that it receives."""

from pathlib import Path
from typing import Annotated

import typer

from tidemark.cli.shared import ConfigOption, JsonOption, SetOption, print_json, settings
from tidemark.live.logs import configure
from tidemark.live.loop import run_loop
from tidemark.live.supervisor import Options, run
from tidemark.units import GIB, parse_bytes, parse_seconds


def command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the recording is written.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    venue: Annotated[str | None, typer.Option(help="The exchange: bybit (default) or binance.")] = None,
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="At most so much disk; the oldest goes first. Default 1GB.")
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="End after so long, like 10m.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Record every frame that the exchange sends, as it was received, with both timestamps.

    The recording is written in segments within a bound; a crash loses at most its last second. The engine runs beside
    it, so that `tidemark replay FOLDER` gives the same candles.

    Examples:
      tidemark capture recordings/today --for 10m

      tidemark capture recordings --venue binance --max-size 5GB

      tidemark capture /tmp/x --set universe.include=BTCUSDT,ETHUSDT --for 30s --json
    """
    chosen = settings(config, set_, {"venue.name": venue}).settings
    max_bytes = parse_bytes(max_size) if max_size is not None else GIB
    duration_s = parse_seconds(for_) if for_ is not None else None
    configure(chosen.log, None)
    summary = run_loop(run(chosen, Options(duration_s=duration_s, capture=(folder, max_bytes))))
    if json:
        print_json(summary)
    else:
        print(f"{summary}; recorded {summary.captured or 'nothing'}")
