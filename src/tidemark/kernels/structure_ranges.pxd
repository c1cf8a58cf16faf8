"""Trading ranges, as other kernels see them."""

from tidemark.kernels.structure_given cimport Given
from tidemark.kernels.structure_row cimport Row
from tidemark.kernels.structure_turns cimport Turns


cdef class Ranges:
    cdef Row row
    cdef Given given
    cdef Turns turns

    cdef bint is_held(self, int side, double low) noexcept
    cdef bint is_any(self) noexcept
    cdef int room(self, double lower, double upper, bint is_born) noexcept
    cdef void open(self, int base, double origin, double begin, double lower, double upper) noexcept
    cdef void go(self, int base, double phase, double since, int why, int direction) noexcept
    cdef void end(self, int base, int why) noexcept
    cdef void compress(self) noexcept
