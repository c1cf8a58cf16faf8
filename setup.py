"""Compile the kernels where a C compiler is there; without one the same files run as plain Python."""

import os
from pathlib import Path

from setuptools import Extension, setup

FOLDER = Path("src/tidemark/kernels")
KERNELS = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")
# What kernels know of each other; named, so that it is part of a source distribution.
DECLARATIONS = sorted(str(path) for path in FOLDER.glob("*.pxd"))


def extensions() -> list[Extension]:
    """The extension modules to try; `optional` lets the build go on when the compiler is missing or fails."""
    if os.environ.get("TIDEMARK_PURE") == "1":
        return []
    from Cython.Build import cythonize

    modules = [
        Extension(
            f"tidemark.kernels.{path.stem}",
            [str(path)],
            depends=DECLARATIONS,
            extra_compile_args=["-O3", "-fno-math-errno", "-ffp-contract=off"],
            optional=True,
        )
        for path in KERNELS
    ]
    built: list[Extension] = cythonize(modules, build_dir="build/cython")
    for module in built:
        module.optional = True
    return built


setup(ext_modules=extensions())
