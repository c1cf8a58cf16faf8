"""The kernel of structure in both of its modes, over drawn markets."""

from types import ModuleType

import pytest
from tests.kernels_modes import load_pure_whole
from tests.structures import Drawn, Given, Kernel, profile

from tidemark.kernels import structure

MODES = {"built": structure, "plain": load_pure_whole("structure")}
each = pytest.mark.parametrize("module", MODES.values(), ids=list(MODES))


def taken(drawn: Drawn, module: ModuleType = structure, **parameters: float) -> Given:
    """What a kernel of its own gives of a market, by the usual numbers but for these."""
    return Kernel(profile(parameters), module=module).take(drawn)
