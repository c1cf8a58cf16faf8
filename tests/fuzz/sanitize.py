"""Builds the scanners with AddressSanitizer and UndefinedBehaviorSanitizer, and feeds them the targets of frames.

    python -m tests.fuzz.sanitize FOLDER --for 40s

FOLDER takes a copy of the package with its columns and scanners compiled; everything else in it is plain Python. A
compiler without AddressSanitizer skips the run and says so, or fails it where TIDEMARK_NO_SKIP is 1.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Distribution, Extension
from tests.fuzz.target import names

ROOT = Path(__file__).parents[2]
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
# What was freed is kept apart from use, but little of it: the process is watched for growth.
OPTIONS = "detect_leaks=0:abort_on_error=0:allocator_may_return_null=1:quarantine_size_mb=8"


def runtime(compiler: list[str]) -> str | None:
    """The library of AddressSanitizer that a process has to be started with; None where the compiler has none."""
    found = subprocess.run([*compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=False)
    path = Path(found.stdout.strip())
    # A compiler that does not know it gives the bare name back.
    return str(path.resolve()) if found.returncode == 0 and path.is_absolute() and path.exists() else None


def build(folder: Path) -> Path:
    """Copy the package into *folder*, compile what reads frames; give the copy's parent."""
    source = folder / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("*.so", "*.egg-info", "__pycache__"))
    kernels = source / "tidemark" / "kernels"
    names = ("columns", "book_columns", *sorted(path.stem for path in kernels.glob("scan_*.py")))
    modules = cythonize(  # type: ignore[no-untyped-call]
        [
            Extension(
                f"tidemark.kernels.{name}",
                [str(kernels / f"{name}.py")],
                extra_compile_args=["-O1", "-g1", *SANITIZE],
                extra_link_args=list(SANITIZE),
            )
            for name in names
        ],
        build_dir=str(folder / "c"),
        include_path=[str(source)],
        quiet=True,
    )
    distribution = Distribution({"name": "sanitized", "ext_modules": modules, "package_dir": {"": str(source)}})
    command = distribution.get_command_obj("build_ext")
    command.set_undefined_options("build", ("build_base", "build_temp"))
    command.inplace = True
    command.parallel = os.cpu_count()
    command.build_temp = str(folder / "o")
    command.ensure_finalized()
    command.run()
    return source


def main() -> int:
    """Build, run, and give the exit code of the run."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--for", dest="seconds", default="40s", metavar="TIME", help="of each venue, side by side")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    compiler = shlex.split(os.environ.get("CC", "cc"))
    library = runtime(compiler) if shutil.which(compiler[0]) else None
    if library is None:
        print(f"{compiler[0]} has no AddressSanitizer: the scanners were not run under it", file=sys.stderr)
        return 1 if os.environ.get("TIDEMARK_NO_SKIP") == "1" else 0
    source = build(options.folder)
    environment = os.environ | {
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": OPTIONS,
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONPATH": str(source),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # Its shadow memory takes terabytes of address space.
    given = ["--for", options.seconds, "--seed", str(options.seed), "--source", str(source), "--fence", "0"]
    program = [sys.executable, "-m", "tests.fuzz", *(name for name in names() if name.startswith("frames_")), *given]
    return subprocess.run(program, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
