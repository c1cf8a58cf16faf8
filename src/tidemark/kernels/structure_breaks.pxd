"""Broken ranges, as other kernels see them."""

from tidemark.kernels.structure_given cimport Given
from tidemark.kernels.structure_ranges cimport Ranges
from tidemark.kernels.structure_row cimport Row
from tidemark.kernels.structure_springs cimport Springs
from tidemark.kernels.structure_turns cimport Turns


cdef class Breaks:
    cdef Row row
    cdef Given given
    cdef Turns turns
    cdef Ranges ranges
    cdef Springs springs

    cdef void leave(self, int base, int direction) noexcept
    cdef void strong(self, int base, int left, int direction, double price, double width, bint has_spring) noexcept
    cdef void follow(self, int base, int direction) noexcept
