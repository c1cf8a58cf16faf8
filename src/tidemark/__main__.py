"""`python -m tidemark` is `tidemark`."""

from tidemark.cli.main import run

if __name__ == "__main__":
    run()
