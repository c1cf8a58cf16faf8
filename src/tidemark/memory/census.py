"""A count of what this process holds, by name: containers, closures, coroutines, exceptions, views, objects by type.

It goes over all that the garbage collector knows, and looks through each object at what hangs on it: a dict of numbers
is in no list of the collector's. It stops after every thousand objects, so that whoever drives it can do other work.
"""

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Container, Iterable, Iterator
from gc import get_objects, get_referents
from itertools import islice
from types import (
    AsyncGeneratorType,
    CellType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    TracebackType,
)
from typing import Any

import msgspec
import numpy as np

from tidemark.memory.ledger import Owner
from tidemark.memory.paths import code_name, holder_chain, path_of, type_name
from tidemark.memory.weigh import buffer_of, bytes_each

# A container with fewer entries is nobody's leak yet.
LEAST_ENTRIES = 32
# What one census says at most, of each kind, and takes at most while it goes on.
_MOST_OF = {"view": 50, "exception": 50, "coroutine": 50, "closure": 100, "instances": 100}
_MOST_OF_CONTAINERS = 500
MOST_NAMES = sum(_MOST_OF.values()) + _MOST_OF_CONTAINERS
_LEAST_BYTES = 12 << 20
_OBJECT_BYTES = 128
_SLICE = 1_000
_MOST_CONTAINERS = 4_000
_LOOKED_AT = 4_096
_LEAST_INSTANCES = 20
_NEWEST = 8
_MOST_KEPT = 4_096
_PINNED_BYTES = 64 << 10
_SIZED = frozenset({dict, list, set, frozenset, tuple, deque, bytearray, OrderedDict, defaultdict, Counter})
# What two things hold is named by the better one: an attribute says more than an entry, and that more than a local.
_FLEETING = (FrameType, CoroutineType, GeneratorType, AsyncGeneratorType, CellType, TracebackType)
_RANKS = dict.fromkeys(_FLEETING, 0) | dict.fromkeys(_SIZED - {dict}, 1)
_BEST_RANK = 2


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is held under one name.

    `kind` is that of a container ("dict", "list", ...), or "closure", "coroutine", "exception", "view", "instances".
    `count` containers or objects with `entries` in all. `bytes` of the containers alone; for views, of the buffers that
    they keep alive. `bytes_each`: what hangs on one more entry, 0 where it was not asked for. `owner`: the registered
    owner that it is a part of.
    """

    name: str
    kind: str
    count: int
    entries: int
    bytes: int
    bytes_each: int = 0
    owner: str = ""


class _Group:
    """What is gathered under one name."""

    __slots__ = ("bytes", "count", "entries", "keys", "newest", "owner")

    def __init__(self, owner: str = "") -> None:
        self.count = self.entries = self.bytes = 0
        self.owner = owner
        self.newest: deque[object] = deque(maxlen=_NEWEST)
        # An entry of a dict is a key and a value.
        self.keys: deque[object] = deque(maxlen=_NEWEST)


class Census:
    """One count. `owners`: what the ledger lists; `weigh`: names whose entries are to be weighed, as "kind name".

    Iterate `walk()` to its end, then ask `held()`; `kept` has the objects whose type `keep` chose. Memory: some 10 MB
    in a process of 100,000 objects, until it is let go of; `transient_bytes` is what to set aside.
    """

    def __init__(
        self,
        owners: Iterable[Owner] = (),
        weigh: Container[str] = (),
        keep: Callable[[type], bool] = lambda _: False,
    ) -> None:
        self._owners = {id(owner): owner.reservation.owner for owner in owners}
        self._weigh = weigh
        self._keep = keep
        self.kept = deque[Any](maxlen=_MOST_KEPT)
        self._keepers: dict[type, deque[Any] | None] = {}  # bounded: by one walk
        self._parents: dict[int, object] = {}  # bounded: by one walk
        self._large: dict[int, Any] = {}  # bounded: by one walk
        self._types: Counter[type] = Counter()  # bounded: by one walk
        self._others: Counter[tuple[str, str]] = Counter()  # bounded: by one walk
        self._views: dict[int, tuple[Any, int, dict[int, int]]] = {}  # bounded: by one walk
        self._newest: dict[str, deque[object]] = {}  # bounded: by the names that are asked for
        self._groups: dict[tuple[str, str], _Group] = {}  # bounded: by one walk
        self.objects = 0

    def walk(self) -> Iterator[None]:
        """Count; every step of the iteration is a slice of the work."""
        everything = get_objects()
        self.objects = len(everything)
        mine = {id(everything), id(self), id(vars(self)), *map(id, vars(self).values())}
        for start in range(0, len(everything), _SLICE):
            for held in everything[start : start + _SLICE]:
                if id(held) not in mine:
                    self._take(held)
            yield
        del everything
        # Every function of a module holds its names as well.
        for module in list(sys.modules.values()):
            self._parents[id(vars(module))] = module
            self._large.pop(id(vars(module)), None)
        largest = sorted(self._large.values(), key=len, reverse=True)[:_MOST_CONTAINERS]
        for number, container in enumerate(largest):
            if id(container) not in mine:
                self._name(container)
            if number % 100 == 99:
                yield
        self._name_others()
        yield

    def _take(self, held: Any) -> None:
        kind = type(held)
        self._types[kind] += 1
        if kind not in self._keepers:
            self._keepers[kind] = self._keeper_of(kind)
        if (keeper := self._keepers[kind]) is not None:
            keeper.append(held)
        if kind is FunctionType:
            if held.__closure__:
                self._note("closure", code_name(held.__code__, held.__module__), held)
                for cell in held.__closure__:
                    self._parents[id(cell)] = held
        elif kind is CoroutineType:
            frame = held.cr_frame
            module = frame.f_globals.get("__name__") if frame is not None else None
            self._note("coroutine", code_name(held.cr_code, module), held)
        elif issubclass(kind, BaseException):
            where = _raised_in(held.__traceback__)
            self._note("exception", f"{type_name(kind)} of {where}" if where else type_name(kind), held)
        parents, rank = self._parents, _RANKS.get(kind, _BEST_RANK)
        is_long = kind in _SIZED and len(held) > _LOOKED_AT
        for child in list(islice(_newest_first(held), _LOOKED_AT)) if is_long else get_referents(held):
            of = type(child)
            if of in _SIZED:
                if len(child) >= LEAST_ENTRIES:
                    self._large.setdefault(id(child), child)
                elif of is tuple:
                    continue
                known = parents.get(id(child))
                if known is None or _RANKS.get(type(known), _BEST_RANK) < rank:
                    parents[id(child)] = held
            elif (of is np.ndarray and child.base is not None) or of is memoryview:
                self._see(held, child)

    def _keeper_of(self, kind: type) -> deque[Any] | None:
        """Where objects of this type go: to the caller, or to be weighed; None: nowhere."""
        if self._keep(kind):
            return self.kept
        asked = f"instances {type_name(kind)}"
        return self._newest.setdefault(asked, deque(maxlen=_NEWEST)) if asked in self._weigh else None

    def _see(self, holder: object, view: Any) -> None:
        """A view that keeps much more alive than it shows."""
        if (buffer := buffer_of(view)) is None:
            return
        key, size = buffer
        if size < _PINNED_BYTES or size < 4 * view.nbytes:
            return
        _, count, buffers = self._views.get(id(holder), (None, 0, {}))
        buffers[key] = size
        self._views[id(holder)] = (holder, count + 1, buffers)

    def _note(self, kind: str, name: str, held: object) -> None:
        """Count an object that has a name of its own, and keep it if it is to be weighed."""
        self._others[kind, name] += 1
        if (asked := f"{kind} {name}") in self._weigh:
            self._newest.setdefault(asked, deque(maxlen=_NEWEST)).append(held)

    def _name(self, container: Any) -> None:
        name = path_of(container, self._parents)
        kind = type(container).__name__
        group = self._groups.get((name, kind))
        if group is None:
            group = self._groups[name, kind] = _Group(self._owner_of(container))
        group.count += 1
        group.entries += len(container)
        group.bytes += sys.getsizeof(container)
        if f"{kind} {name}" in self._weigh:
            group.newest.extend(islice(_newest_first(container), _NEWEST))
            if isinstance(container, dict):
                group.keys.extend(islice(reversed(container), _NEWEST))

    def _owner_of(self, held: object) -> str:
        chain = [held, *holder_chain(held, self._parents)]
        return next((name for one in chain if (name := self._owners.get(id(one)))), "")

    def _name_others(self) -> None:
        for (kind, name), count in self._others.items():
            self._count(kind, name, count)
        for of, count in self._types.items():
            if of.__module__ != "builtins":
                self._count("instances", type_name(of), count)
        for holder, count, buffers in self._views.values():
            name = path_of(holder, self._parents) if type(holder) in _SIZED else type_name(type(holder))
            group = self._groups.setdefault((name, "view"), _Group(self._owner_of(holder)))
            group.count += 1
            group.entries += count
            group.bytes += sum(buffers.values())

    def _count(self, kind: str, name: str, count: int) -> None:
        if count >= _LEAST_INSTANCES or kind == "exception":
            group = self._groups.setdefault((name, kind), _Group())
            group.count += count
            group.entries += count
            group.newest.extend(self._newest.get(f"{kind} {name}", ()))

    def held(self) -> list[Held]:
        """What was counted: at most `MOST_NAMES` names, first what was asked for, then what has the most entries.

        Lets go of all else.
        """
        found = [
            Held(
                name=name,
                kind=kind,
                count=group.count,
                entries=group.entries,
                bytes=group.bytes,
                bytes_each=bytes_each(group.newest) + bytes_each(group.keys),
                owner=group.owner,
            )
            for (name, kind), group in self._groups.items()
        ]
        for gathered in (self._parents, self._large, self._views, self._newest, self._groups):
            gathered.clear()
        # What was asked for by name is told in any case.
        found.sort(key=lambda one: (f"{one.kind} {one.name}" not in self._weigh, -one.entries, one.name))
        said: Counter[str] = Counter()
        told = []
        for one in found:
            place = one.kind if one.kind in _MOST_OF else "container"
            said[place] += 1
            if said[place] <= _MOST_OF.get(place, _MOST_OF_CONTAINERS):
                told.append(one)
        return told


def transient_bytes(objects: int) -> int:
    """What a census of so many objects takes at most while it goes on."""
    return max(_LEAST_BYTES, objects * _OBJECT_BYTES)


def take_census(owners: Iterable[Owner] = (), weigh: Container[str] = ()) -> list[Held]:
    """One census in one go."""
    census = Census(owners, weigh)
    for _ in census.walk():
        pass
    return census.held()


def _newest_first(container: Any) -> Iterator[Any]:
    """The entries of a container, from its newer end where it has one; of a dict the values."""
    if isinstance(container, dict):
        return iter(reversed(container.values()))
    if isinstance(container, list | tuple | deque):
        return reversed(container)
    return iter(container)


def _raised_in(trace: TracebackType | None) -> str:
    """The function that an exception came from, while it still holds the frames."""
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return code_name(trace.tb_frame.f_code, trace.tb_frame.f_globals.get("__name__"))
