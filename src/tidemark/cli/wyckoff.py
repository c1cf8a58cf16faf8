"""`tidemark wyckoff`: structure of markets, and how well it is read."""

from pathlib import Path
from typing import Annotated

import typer

from tidemark.analysis.wyckoff.profile import DEFAULT
from tidemark.cli.shared import JsonOption
from tidemark.errors import SettingsError

_ACTIONS = ("generate", "accuracy")


def command(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="generate or accuracy.")],
    dataset: Annotated[
        str, typer.Option(metavar="NAME", help="tune, report, or for accuracy a file of labels beside its candles.")
    ] = "report",
    bars: Annotated[
        int | None, typer.Option(min=1000, max=100_000_000, help="How many bars are made.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The same seed makes the same bars.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="For generate: where candles and labels are written.")
    ] = None,
    reader: Annotated[
        str, typer.Option(metavar="NAME", help="For accuracy: a profile of the engine, or textbook: plain rules.")
    ] = DEFAULT,
    quick: Annotated[bool, typer.Option("--quick", help="For accuracy: a tenth of the bars.")] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FOLDER", help="For accuracy: hourly candles, shuffled as a further negative."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="For accuracy: write a page (.html) as well.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make markets with planted schematics, and hold what is found against them.

    generate writes candles and labels as Parquet, 200,000 bars unless told otherwise. accuracy tries the reader on
    400,000 bars of planted markets, and on as many without any, and prints hits, false alarms and misses of each event,
    with 95 % intervals. What was tuned on one set is measured on the other; the page says in what they differ.

    Examples:
      tidemark wyckoff generate --out truth --bars 100000 --seed 7

      tidemark wyckoff accuracy --quick

      tidemark wyckoff accuracy --dataset report --data candles --report accuracy.html

      tidemark wyckoff accuracy --dataset truth/labels.parquet --json
    """
    from tidemark.cli.wyckoff_truth import accuracy, generate

    match action:
        case "generate":
            if out is None:
                raise SettingsError("wyckoff generate needs --out FOLDER, where candles and labels are written")
            generate(out, dataset, bars, seed, json=json)
        case "accuracy":
            accuracy(dataset, bars, seed, reader, data, report, quick=quick, json=json)
        case _:
            raise SettingsError(f"wyckoff {action!r} is not known; there are: {', '.join(_ACTIONS)}")
