"""What did not arrive: the dead letters of the sinks, page by page."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.api.past import Past
from tidemark.api.routes.base import Answer, Milliseconds, PastRoute
from tidemark.units import MIB, MILLISECOND

# When it was given up, and the id that tells it from others.
_CURSOR = r"^[0-9]{20} [A-Za-z0-9._~%-]{1,180}$"


class AskedDeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """Which dead letters: the newest `limit` that sort behind the cursor."""

    count: Annotated[bool, Meta(description="Whether to count all of them, on every page")] = False
    limit: Annotated[int, Meta(ge=1, le=200, description="At most so many")] = 100
    before: Annotated[
        Annotated[str, Meta(pattern=_CURSOR)] | None, Meta(description="What `next_before` of the page before said")
    ] = None


class DeadLetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that did not arrive at a sink, after so many attempts, and why. number: by which it is resent."""

    number: int
    sink: str
    at_ms: Milliseconds
    attempts: int
    error: str
    title: str


class DeadLetterPage(Answer, frozen=True, kw_only=True):
    """A page of dead letters, the newest first; next_before asks for the next page, null where there is none.

    count: of all, null where it was not asked for. note: why there is nothing, where the reason is not the question.
    """

    dead_letters: tuple[DeadLetterRow, ...]
    next_before: str | None
    count: int | None
    note: str | None


async def _dead_letters(past: Past, asked: AskedDeadLetters) -> DeadLetterPage:
    page = await past.dead_letters(limit=asked.limit, before=asked.before, counts=asked.count)
    return DeadLetterPage(
        as_of_ms=past.now_ms,
        dead_letters=tuple(
            DeadLetterRow(
                number=one.number,
                sink=one.sink,
                at_ms=one.at // MILLISECOND,
                attempts=one.attempts,
                error=one.error,
                title=one.title,
            )
            for one in page.rows
        ),
        next_before=page.next_before,
        count=page.count,
        note=page.note,
    )


ROUTES = (
    PastRoute(
        path="/api/v1/history/dead_letters",
        summary="What did not arrive at the sinks, and why",
        asked=AskedDeadLetters,
        answer=DeadLetterPage,
        give=_dead_letters,
        transient=MIB,
    ),
)
