"""Zig-zags, as other kernels see them."""

from tidemark.kernels.structure_row cimport Row


cdef class Turns:
    cdef Row row

    cdef int move(self, int z, double least) noexcept
    cdef void set_tip(self, int z, double price) noexcept
    cdef int pivot(self, int z, int back) noexcept
