"""Kernels in both of their modes: as they were built, and as the plain Python that they are written in."""

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import tidemark.kernels

_FOLDER = Path(tidemark.kernels.__file__).parent


def load_pure(name: str) -> ModuleType:
    """The kernel module *name* from its source, also where an extension module was built beside it."""
    module_name = f"pure_{name}"
    loader = SourceFileLoader(module_name, str(_FOLDER / f"{name}.py"))
    spec = importlib.util.spec_from_loader(module_name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
