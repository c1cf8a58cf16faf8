"""`tidemark openapi`: the document that describes what is served."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tidemark.api.openapi import document
from tidemark.store.atomic import write_whole


def command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there, instead of printing it.")
    ] = None,
) -> None:
    """Print the OpenAPI document of the REST API, with an example of every answer; no process has to run.

    Examples:
      tidemark openapi

      tidemark openapi --output openapi.json
    """
    text = msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"
    if output is None:
        sys.stdout.write(text.decode())
    else:
        write_whole(output, lambda file: file.write(text))
