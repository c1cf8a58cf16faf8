"""Arrays with one entry per slot: state that lives as long as the process and never grows."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from tidemark.errors import OwnerError
from tidemark.memory.ledger import Reservation, Usage

# The Python objects around the arrays: measured by the calibration test, which fails when they outgrow this.
_OBJECT_BYTES = 2048
_COLUMN_BYTES = 512

# Name to dtype and the shape of one slot's entry, () for a scalar.
Layout = Mapping[str, tuple[DTypeLike, tuple[int, ...]]]


class Table:
    """Columns of shape (slots, *shape), zeroed and touched here, so that RSS is final at the start.

    Kernels write straight into `columns`; whoever calls them validates the slot. Every slot counts as used: a table is
    as large empty as full.
    """

    columns: Mapping[str, NDArray[Any]]

    def __init__(self, owner: str, *, slots: int, columns: Layout) -> None:
        self.reservation = self.reserve(owner, slots=slots, columns=columns)
        arrays = {name: np.empty((slots, *shape), dtype) for name, (dtype, shape) in columns.items()}
        for array in arrays.values():
            array.fill(0)
        self.columns = MappingProxyType(arrays)

    @staticmethod
    def reserve(owner: str, *, slots: int, columns: Layout) -> Reservation:
        """What such a table will take; allocates nothing."""
        if slots < 1 or not columns or any(np.dtype(dtype).hasobject for dtype, _ in columns.values()):
            raise OwnerError(
                f"table {owner!r} of {slots} slots and columns {dict(columns)}: slots and columns are at least one, and"
                " no column holds Python objects"
            )
        return Reservation(
            owner=owner,
            kind="array",
            capacity=slots,
            item_bytes=sum(np.dtype(dtype).itemsize * math.prod(shape) for dtype, shape in columns.values()),
            fixed_bytes=_OBJECT_BYTES + _COLUMN_BYTES * len(columns),
            policy="one entry a slot",
        )

    def clear(self, slot: int) -> None:
        """Zero one slot's entries."""
        for column in self.columns.values():
            column[slot] = 0

    def usage(self) -> Usage:
        """All slots, always."""
        return Usage(
            used=self.reservation.capacity,
            peak=self.reservation.capacity,
            bytes_used=sum(column.nbytes for column in self.columns.values()),
        )
