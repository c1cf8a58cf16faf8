"""Where an object is kept, as a person would say it: `tidemark.live.sink.Sink._seen`."""

from collections.abc import Mapping
from types import (
    CellType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

# From a container to what holds it, by the id of the container.
Parents = Mapping[int, object]
_DEEPEST = 8


def path_of(held: object, parents: Parents) -> str:
    """The path to *held*, over what *parents* says; an entry of a container is told as `[...]`."""
    tail = ""
    for _ in range(_DEEPEST):
        holder = parents.get(id(held))
        if holder is None:
            return f"{type(held).__name__} that nothing of Python's names{tail}"
        if isinstance(holder, dict) and (owner := parents.get(id(holder))) is not None and _is_namespace(owner, holder):
            holder = owner
        if (name := _attribute(holder, held)) is not None:
            return f"{_name_of(holder)}.{name}{tail}"
        if isinstance(holder, CellType) and isinstance(function := parents.get(id(holder)), FunctionType):
            return f"{_name_of(function)}({_free_name(function, holder)}){tail}"
        if isinstance(holder, CoroutineType | GeneratorType | FrameType):
            return f"a local of {_name_of(holder)}{tail}"
        if not isinstance(holder, dict | list | set | tuple):
            return f"{_name_of(holder)}{tail}"
        held, tail = holder, "[...]"
    return f"{type(held).__name__}{tail}"


def holder_chain(held: object, parents: Parents) -> list[object]:
    """What holds *held*, and what holds that, the nearest first."""
    found: list[object] = []
    for _ in range(_DEEPEST):
        holder = parents.get(id(held))
        if holder is None:
            break
        found.append(holder)
        held = holder
    return found


def type_name(kind: type) -> str:
    """Module and name of a type."""
    return f"{kind.__module__}.{kind.__qualname__}"


def code_name(code: CodeType, module: str | None = None) -> str:
    """Module, or file, and name of a piece of code."""
    where = module or code.co_filename.rpartition("/")[2].removesuffix(".py")
    return f"{where}.{code.co_qualname}"


def _name_of(holder: Any) -> str:
    match holder:
        case ModuleType():
            return holder.__name__
        case type():
            return type_name(holder)
        case FunctionType():
            return f"{holder.__module__}.{holder.__qualname__}"
        case CoroutineType():
            return _frame_name(holder.cr_frame, holder.cr_code)
        case GeneratorType():
            return _frame_name(holder.gi_frame, holder.gi_code)
        case FrameType():
            return _frame_name(holder, holder.f_code)
    return type_name(type(holder))


def _frame_name(frame: FrameType | None, code: CodeType) -> str:
    return code_name(code, frame.f_globals.get("__name__") if frame is not None else None)


def _is_namespace(owner: Any, names: dict[Any, Any]) -> bool:
    """Whether *names* is what the attributes of *owner* stand in."""
    if isinstance(owner, FunctionType):
        return False
    try:
        return vars(owner) is names or isinstance(owner, type)
    except TypeError:
        return False


def _attribute(holder: Any, held: object) -> str | None:
    """The name under which *holder* has *held*; no property is called."""
    if isinstance(holder, dict | list | set | tuple | FunctionType | CellType):
        return None
    try:
        names = vars(holder)
    except TypeError:
        names = {}
    attributes = [(str(name), value) for name, value in list(names.items())]
    for base in type(holder).__mro__:
        slots = [name for name, member in list(vars(base).items()) if isinstance(member, MemberDescriptorType)]
        attributes += [(name, getattr(holder, name, None)) for name in slots]
    found = [name for name, value in attributes if value is held]
    # One that was put in its place meanwhile, as a tuple is when it becomes longer.
    alike = [name for name, value in attributes if type(value) is type(held)]
    return found[0] if found else alike[0] if len(alike) == 1 else None


def _free_name(function: FunctionType, cell: CellType) -> str:
    names = function.__code__.co_freevars
    return next((name for name, one in zip(names, function.__closure__ or (), strict=True) if one is cell), "a cell")
