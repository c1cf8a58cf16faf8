"""Makes an input smaller for as long as it still shows the same fault."""

from collections.abc import Callable


def minimised(data: bytes, fails: Callable[[bytes], bool], more: Callable[[], bool]) -> bytes:
    """The shortest part of *data* that was found for which *fails* holds, by taking away ever smaller pieces.

    more: whether there is time for another try.
    """
    size = max(1, len(data) // 2)
    while size and more():
        at, was = 0, len(data)
        while at < len(data) and more():
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data = shorter
            else:
                at += size
        if len(data) == was:
            size //= 2
    return data
