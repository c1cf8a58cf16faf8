"""Bounds of ranges, as other kernels see them."""

from tidemark.kernels.structure_breaks cimport Breaks
from tidemark.kernels.structure_given cimport Given
from tidemark.kernels.structure_ranges cimport Ranges
from tidemark.kernels.structure_row cimport Row
from tidemark.kernels.structure_springs cimport Springs
from tidemark.kernels.structure_turns cimport Turns


cdef class Bounds:
    cdef Row row
    cdef Given given
    cdef Turns turns
    cdef Ranges ranges
    cdef Springs springs
    cdef Breaks breaks

    cdef void take(self, int base) noexcept
    cdef int side(self, int base, int side) noexcept
    cdef void turn(self, int base, int side) noexcept
