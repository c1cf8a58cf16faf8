"""The process that makes a PDF: a page of HTML on standard input, the PDF on standard output, one line where it fails.

Its argument: how many bytes of address space it may take.
"""

import logging
import resource
import sys
from typing import IO

# The exit code where the last line of standard error says what to do.
TOLD = 3
MISSING = (
    "a PDF needs WeasyPrint, which is not installed: pip install 'tidemark[pdf]'; or write the report as .html, and"
    " print it"
)
NO_PANGO = (
    "a PDF needs Pango, which is not installed; on Debian: apt install libpango-1.0-0 libpangoft2-1.0-0"
    " libharfbuzz-subset0; or write the report as .html, and print it"
)


def main(arguments: list[str], given: IO[bytes], told: IO[bytes]) -> int:
    """Read the page, write the PDF; give the exit code."""
    limit(int(arguments[0]))
    try:
        told.write(made_of(given.read().decode()))
    except ModuleNotFoundError:
        return _fail(MISSING)
    except OSError as error:
        # What WeasyPrint says where a library of the system is not there.
        return _fail(NO_PANGO if "cannot load library" in str(error) else str(error))
    except MemoryError:
        return _fail(f"no PDF was made: it takes more than the {int(arguments[0]) >> 20} MB that it may; write .html")
    return 0


def limit(most: int) -> None:
    """Bound the address space."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def made_of(page: str) -> bytes:
    """*page* as a PDF; nothing is fetched for it, from nowhere."""
    # It may not be installed.
    import weasyprint  # noqa: PLC0415
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    # It says what of the style sheet it does not know, which is meant for browsers.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    drawn: bytes = weasyprint.HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf()
    return drawn


def _fail(words: str) -> int:
    sys.stderr.write(f"{words}\n")
    return TOLD


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer))
