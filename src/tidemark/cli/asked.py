"""What a command that asks the running process shows: once, or again and again."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from rich.console import Console, RenderableType
from rich.live import Live

from tidemark.cli.shared import print_json
from tidemark.live.caller import Caller

_EVERY_S = 1.0
Told = TypeVar("Told", bound=msgspec.Struct)


def show(
    path: Path,
    ask: Callable[[Caller], Told],
    draw: Callable[[Told], RenderableType],
    *,
    json: bool = False,
    watch: bool = False,
) -> None:
    """Print what *ask* is told by the process whose control socket is at *path*, as *draw* has it, or as JSON.

    With *watch* once a second, until Ctrl-C: in place on a terminal, one below the other elsewhere. SilentProcessError
    where nobody answers, or refuses to.
    """
    console = Console()
    with Caller(path) as process, suppress(KeyboardInterrupt):
        answers = _answers(process, ask, watch=watch)
        if json:
            for told in answers:
                print_json(told)
        elif watch and console.is_terminal:
            with Live(console=console, auto_refresh=False) as shown:
                for told in answers:
                    shown.update(draw(told), refresh=True)
        else:
            for told in answers:
                console.print(draw(told))


def _answers(process: Caller, ask: Callable[[Caller], Told], *, watch: bool) -> Iterator[Told]:
    yield ask(process)
    while watch:
        time.sleep(_EVERY_S)
        yield ask(process)
