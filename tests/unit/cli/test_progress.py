import io

from rich.console import Console

from tidemark.cli.progress import progress
from tidemark.units import SECOND


class Watch:
    """A clock that is set."""

    def __init__(self) -> None:
        self.ns = 0

    def monotonic_ns(self) -> int:
        return self.ns

    def now_ns(self) -> int:
        return self.ns


def test_a_bar_is_drawn_after_two_seconds_and_not_before() -> None:
    out, watch = io.StringIO(), Watch()

    with progress("reading", 10, Console(file=out, force_terminal=True), watch) as each:
        watch.ns = 2 * SECOND
        each(3)
        early = out.getvalue()
        watch.ns += 1
        each(5)

    assert early == ""
    assert "reading" in out.getvalue()
    assert "50%" in out.getvalue()


def test_nothing_is_drawn_where_nobody_looks() -> None:
    out, watch = io.StringIO(), Watch()

    with progress("reading", 10, Console(file=out), watch) as each:
        watch.ns = 9 * SECOND
        each(5)

    assert out.getvalue().strip() == ""
