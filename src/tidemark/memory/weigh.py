"""What one more entry takes: an estimate of the bytes that hang on an object and on nothing else."""

import sys
from collections import Counter, deque
from collections.abc import Iterable
from gc import get_referents
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

# So many objects are looked at for one entry: what is farther away is rarely its own.
_MOST_OBJECTS = 300
# What holds more is likely everybody's: a table, a registry.
_MANY = 48
_HEAP_TYPE = 1 << 9
_SHARED = (type, ModuleType, CodeType, BuiltinFunctionType)


def bytes_each(entries: Iterable[object]) -> int:
    """Bytes that hang on one of *entries*, on average.

    What more than one of them reaches is shared, and counts for none. Arrays and views count with the buffer that they
    keep alive. At most 300 objects are looked at for each.
    """
    reached = [_reach(entry) for entry in entries]
    if not reached:
        return 0
    seen = Counter(key for sizes in reached for key in sizes)
    own = sum(size for sizes in reached for key, size in sizes.items() if seen[key] == 1)
    return own // len(reached)


def buffer_of(view: Any) -> tuple[int, int]:
    """The buffer that an array or a memoryview keeps alive: its id, and its bytes."""
    root: Any = view
    for _ in range(16):
        under = root.base if isinstance(root, np.ndarray) else root.obj if isinstance(root, memoryview) else None
        if under is None:
            break
        root = under
    return id(root), root.nbytes if isinstance(root, np.ndarray | memoryview) else sys.getsizeof(root)


def _reach(entry: object) -> dict[int, int]:
    """The objects that *entry* keeps alive, the nearest first and what has many entries last: id to bytes."""
    sizes: dict[int, int] = {}
    near: deque[object] = deque([entry])
    far: deque[object] = deque()
    while (near or far) and len(sizes) < _MOST_OBJECTS:
        held = (near or far).popleft()
        if id(held) in sizes or isinstance(held, _SHARED):
            continue
        if isinstance(held, np.ndarray | memoryview):
            key, size = buffer_of(held)
            sizes[key] = max(size, sizes.get(key, 0))
        sizes[id(held)] = max(sys.getsizeof(held, 0), sizes.get(id(held), 0))
        children = _children(held)
        (near if len(children) <= _MANY else far).extend(children)
    return sizes


def _is_of_a_class(held: object) -> bool:
    """Whether the type of *held* was made by a class statement, or in a way that allows for one."""
    return bool(type(held).__flags__ & _HEAP_TYPE)


def _children(held: object) -> list[Any]:
    if isinstance(held, FunctionType):
        # Not its globals: they are everybody's.
        return [*(held.__closure__ or ()), *(held.__defaults__ or ())]
    if isinstance(held, FrameType):
        # With what called it, whose locals it keeps as well; the objects that work there are others'.
        return [child for child in get_referents(held) if child is not held.f_globals and not _is_of_a_class(child)]
    return get_referents(held)[:_MOST_OBJECTS]
