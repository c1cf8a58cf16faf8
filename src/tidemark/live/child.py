"""A process that runs beside the service and is heard by it: its log, its memory and its end."""

import asyncio
import os
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from tidemark.errors import DECODE_ERRORS

_PAGE = os.sysconf("SC_PAGESIZE")
log = structlog.get_logger()


async def repeat(stderr: asyncio.StreamReader, process: str) -> str:
    """Its log goes into ours, with its fields; give the last line that was none of a log: why it ended."""
    last = ""
    while line := await stderr.readline():
        try:
            told = msgspec.json.decode(line, type=dict[str, object])
        except DECODE_ERRORS:
            last = line.decode(errors="replace").strip()
            continue
        event, level = str(told.pop("event", "")), str(told.pop("level", "info"))
        told.pop("timestamp", None)
        tell = {"warning": log.warning, "error": log.error, "debug": log.debug}.get(level, log.info)
        tell(event, **told | {"process": process})
    return last


async def end(child: Process, patience_s: float) -> None:
    """Its standard input is closed: it ends within *patience_s*, or is ended."""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await child.wait()
    finally:
        # Also where nobody has the time to wait for it.
        if child.returncode is None:
            child.kill()
            await child.wait()


def resident(pid: int | None) -> int:
    """The resident memory of a process in bytes; 0 where the system does not tell, or it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def own(pid: int | None) -> int:
    """The same without what lies in files: pages of those go back to the system when somebody needs them."""
    try:
        _, all_of_it, of_files, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(all_of_it) - int(of_files)) * _PAGE
