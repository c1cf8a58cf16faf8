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


def buffer_of(view: Any) -> tuple[int, int] | None:
    """The buffer that an array or a memoryview keeps alive: its id and bytes; None for a view that was released."""
    root: Any = view
    try:
        for _ in range(16):
            under = root.base if _is_a(root, np.ndarray) else root.obj if _is_a(root, memoryview) else None
            if under is None:
                break
            root = under
        return id(root), root.nbytes if _is_a(root, np.ndarray, memoryview) else sys.getsizeof(root)
    except ValueError:
        return None


def _reach(entry: object) -> dict[int, int]:
    """The objects that *entry* keeps alive, the nearest first and what has many entries last: id to bytes."""
    sizes: dict[int, int] = {}
    near: deque[object] = deque([entry])
    far: deque[object] = deque()
    while (near or far) and len(sizes) < _MOST_OBJECTS:
        held = (near or far).popleft()
        if id(held) in sizes or _is_a(held, *_SHARED):
            continue
        if _is_a(held, np.ndarray, memoryview) and (buffer := buffer_of(held)) is not None:
            key, size = buffer
            sizes[key] = max(size, sizes.get(key, 0))
        sizes[id(held)] = max(sys.getsizeof(held, 0), sizes.get(id(held), 0))
        children = _children(held)
        (near if len(children) <= _MANY else far).extend(children)
    return sizes


def _is_a(held: object, *kinds: type) -> bool:
    """Whether it is of one of these types by its own; `isinstance` asks a proxy, and one whose object is gone fails."""
    return issubclass(type(held), kinds)


def _is_of_a_class(held: object) -> bool:
    """Whether the type of *held* was made by a class statement, or in a way that allows for one."""
    return bool(type(held).__flags__ & _HEAP_TYPE)


def _children(held: object) -> list[Any]:
    if _is_a(held, FunctionType):
        function: Any = held
        # Not its globals: they are everybody's.
        return [*(function.__closure__ or ()), *(function.__defaults__ or ())]
    if _is_a(held, FrameType):
        frame: Any = held
        # With what called it, whose locals it keeps as well; the objects that work there are others'.
        return [child for child in get_referents(held) if child is not frame.f_globals and not _is_of_a_class(child)]
    return get_referents(held)[:_MOST_OBJECTS]
