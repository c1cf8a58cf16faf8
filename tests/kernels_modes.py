"""Kernels in both of their modes: as they were built, and as the plain Python that they are written in."""

import importlib
import importlib.util
import subprocess
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

import tidemark.kernels

_FOLDER = Path(tidemark.kernels.__file__).parent


def load_pure(name: str, folder: Path = _FOLDER) -> ModuleType:
    """The kernel module *name* from its source, also where an extension module was built beside it."""
    module_name = f"pure_{name}"
    loader = SourceFileLoader(module_name, str(folder / f"{name}.py"))
    spec = importlib.util.spec_from_loader(module_name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class _Plain:
    """Finds the kernel *name* and its parts, `name_*`, in their sources."""

    def __init__(self, name: str) -> None:
        self.name = f"tidemark.kernels.{name}"

    def is_of(self, module: str) -> bool:
        return module == self.name or module.startswith(f"{self.name}_")

    def find_spec(self, module: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if not self.is_of(module):
            return None
        return importlib.util.spec_from_file_location(module, _FOLDER / f"{module.rpartition('.')[2]}.py")


def load_pure_whole(name: str) -> ModuleType:
    """The kernel module *name* from its source, and with it all its parts: the kernels whose names go on from it."""
    plain = _Plain(name)
    built = {module: sys.modules.pop(module) for module in list(sys.modules) if plain.is_of(module)}
    sys.meta_path.insert(0, plain)
    try:
        return importlib.import_module(plain.name)
    finally:
        sys.meta_path.remove(plain)
        for module in [module for module in sys.modules if plain.is_of(module)]:
            del sys.modules[module]
        for module, there in built.items():
            sys.modules[module] = there
            setattr(tidemark.kernels, module.rpartition(".")[2], there)


def pure_kernels() -> tuple[tuple[str, ModuleType], ...]:
    """Where the kernels of candles are used, and each of them as plain Python: to be set in their place."""
    return (
        ("tidemark.market.candles.kernel", load_pure("candles")),
        ("tidemark.market.candles.closing", load_pure("close")),
        ("tidemark.market.candles.tainting", load_pure("taint")),
        ("tidemark.market.confirm.kernel", load_pure("confirm")),
        ("tidemark.market.rebuild.kernel", load_pure("rebuild")),
    )


_AS_PURE = """
import importlib.util, pathlib, sys, tidemark
class Pure:
    def find_spec(self, name, path=None, target=None):
        package, _, leaf = name.rpartition(".")
        file = pathlib.Path(tidemark.__file__).parent / "kernels" / f"{leaf}.py"
        # What all compiled modules share has no source of ours.
        is_ours = package == "tidemark.kernels" and file.exists()
        return importlib.util.spec_from_file_location(name, file) if is_ours else None
sys.meta_path.insert(0, Pure())
"""


def printed(code: str, *, is_pure: bool) -> str:
    """What *code* prints in a process of its own, where all kernels are plain Python if *is_pure*."""
    done = subprocess.run(
        [sys.executable, "-c", (_AS_PURE if is_pure else "") + code], check=True, capture_output=True, text=True
    )
    return done.stdout
