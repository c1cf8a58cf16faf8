"""Compile the kernels where a C compiler is there; without one the same files run as plain Python."""

import os
from pathlib import Path

from setuptools import Extension, setup

CORES = os.cpu_count() or 1
FOLDERS = (Path("src/tidemark/kernels"), Path("src/tidemark/analysis/indicators"))
# What is to be compiled says so in its first line.
KERNELS = sorted(
    path
    for folder in FOLDERS
    for path in folder.glob("*.py")
    if path.read_text(encoding="utf-8").startswith("# cython:")
)
# What all kernels need of Cython itself, memoryviews above all: once, and not once in each of them (see figures.md).
SHARED = "tidemark.kernels.cython_shared"
# What kernels know of each other; named, so that it is part of a source distribution.
DECLARATIONS = sorted(str(path) for folder in FOLDERS for path in folder.glob("*.pxd"))


def extensions() -> list[Extension]:
    """The extension modules to try; `optional` lets the build go on when the compiler is missing or fails."""
    if os.environ.get("TIDEMARK_PURE") == "1":
        return []
    from Cython.Build import cythonize

    modules = [
        Extension(
            ".".join(path.with_suffix("").parts[1:]),
            [str(path)],
            depends=DECLARATIONS,
            extra_compile_args=["-O3", "-fno-math-errno", "-ffp-contract=off"],
            optional=True,
        )
        for path in KERNELS
    ]
    shared = Extension(SHARED, ["build/cython/cython_shared.c"], optional=True)
    built: list[Extension] = cythonize(
        [*modules, shared],
        build_dir="build/cython",
        # Nobody pickles a kernel: without what it takes they are 0.5 MB smaller, all together.
        compiler_directives={"auto_pickle": False},
        shared_utility_qualified_name=SHARED,
        nthreads=CORES,
    )
    for module in built:
        module.optional = True
    return built


if __name__ == "__main__":
    setup(ext_modules=extensions(), options={"build_ext": {"parallel": CORES}})
