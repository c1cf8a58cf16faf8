"""Climaxes, as other kernels see them."""

from tidemark.kernels.structure_given cimport Given
from tidemark.kernels.structure_ranges cimport Ranges
from tidemark.kernels.structure_row cimport Row
from tidemark.kernels.structure_turns cimport Turns


cdef class Climaxes:
    cdef Row row
    cdef Given given
    cdef Turns turns
    cdef Ranges ranges

    cdef void remember(self) noexcept
    cdef double lowest(self, int side, double bars) noexcept
    cdef bint is_likely(self, int base) noexcept
    cdef void look(self, int side) noexcept
    cdef void preliminary(self, int side, int base) noexcept
    cdef void begin(self, int side, int candidate, int pivot, double low) noexcept
    cdef void preliminary_facts(self, int base, int side) noexcept
    cdef void climax_facts(self, int base, int pivot, int side, double low) noexcept
    cdef void reaction_facts(self, int base, int side) noexcept
    cdef void test_facts(self, int base, int pivot, int side, double low) noexcept
