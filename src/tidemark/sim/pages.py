"""Frames that are made one by one, onto pages."""

from collections.abc import Iterable, Iterator

from tidemark.kernels.page import Page
from tidemark.sim.market import Frame
from tidemark.sim.wanted import Wanted


def paged(frames: Iterable[Frame], page: Page, wanted: Wanted) -> Iterator[None]:
    """Write those of *frames* that somebody wants; gives the turn away when *page* is to be handed over.

    That is when it is full, and before a frame that is not due; its owner clears it.
    """
    for at_ns, topic, payload, envelope in frames:
        if at_ns > page.until_ns:
            page.next_ns = at_ns
            yield
        number = wanted.numbers.get(topic)
        if number is None:
            continue
        page.put(at_ns, number, payload, envelope)
        if page.is_full:
            yield


def unpaged(pages: Iterable[None], page: Page, wanted: Wanted) -> Iterator[Frame]:
    """The frames of *pages* one by one."""
    for _ in pages:
        yield from named(page, wanted)
        page.clear()
    yield from named(page, wanted)
    page.clear()


def named(page: Page, wanted: Wanted) -> Iterator[Frame]:
    """The frames of *page* under the names of their topics."""
    for at_ns, number, payload, envelope in page.frames():
        yield at_ns, wanted.names[number], payload, envelope
