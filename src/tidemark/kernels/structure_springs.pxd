"""Springs, as other kernels see them."""

from tidemark.kernels.structure_given cimport Given
from tidemark.kernels.structure_ranges cimport Ranges
from tidemark.kernels.structure_row cimport Row
from tidemark.kernels.structure_turns cimport Turns


cdef class Springs:
    cdef Row row
    cdef Given given
    cdef Turns turns
    cdef Ranges ranges

    cdef void thrust(self, int base, int own, int side, double bound, double width, double age) noexcept
    cdef void dip(self, int base, int side) noexcept
