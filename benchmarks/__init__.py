"""The scripts behind every figure that the project states."""

# Before numpy: what is measured has as many threads as the product has.
import tidemark  # noqa: F401
