"""What every peer's script does: read the frames, say which version, and repeat for each line of standard input."""

import json
import resource
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time


def read_frames(path: str) -> list[bytes]:
    """The frames of a file, each behind its length: 4 bytes, little-endian."""
    data = Path(path).read_bytes()
    frames = []
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        frames.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return frames


def serve(version: str, prepare: Callable[[], tuple[Callable[[], None], Callable[[], int]]]) -> None:
    """Repeat: *prepare* gives what is timed, and what counts the trades it took; neither it nor the count is timed."""
    print(json.dumps({"version": version}), flush=True)
    for _ in sys.stdin:
        work, count = prepare()
        started = process_time()
        work()
        seconds = process_time() - started
        rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 10 if sys.platform == "linux" else 1 << 20)
        print(json.dumps({"seconds": seconds, "trades": count(), "rss_mb": round(rss_mb, 1)}), flush=True)
