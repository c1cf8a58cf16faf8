"""What waits in the buffers of sockets becomes more."""

from tidemark.proof.findings import Answer
from tidemark.proof.hypotheses.base import absent, judge_suspects
from tidemark.proof.run import Run
from tidemark.units import KIB, format_bytes


def judge(run: Run) -> Answer:
    """The kernel's buffers, and those of the libraries before them."""
    whole = run.whole
    if whole is None or whole.dear is None:
        return judge_suspects(run, (), "")
    told = whole.dear.sockets
    if not told.sockets:
        return absent("no socket is open in this process")
    found = []
    for name, of in (
        ("the kernel's receive buffers", lambda sample: sample.dear.sockets.kernel_in),
        ("the kernel's send buffers", lambda sample: sample.dear.sockets.kernel_out),
        ("the write buffers of the libraries", lambda sample: sample.dear.sockets.library),
    ):
        rise = run.rise(run.over_counts(of), 64 * KIB)
        if rise is not None:
            found.append(run.suspect(name, "bytes", rise, 1.0))
    return judge_suspects(
        run,
        found,
        f"{told.sockets} sockets; {format_bytes(told.kernel_in)} to read, {format_bytes(told.kernel_out)} to send,"
        f" {format_bytes(told.library)} in {told.transports} write buffers",
    )
