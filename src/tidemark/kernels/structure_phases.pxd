"""Likelihoods of phases, as other kernels see them."""

from tidemark.kernels.structure_row cimport Row


cdef class Phases:
    cdef Row row
    cdef double[:, ::1] likely
    cdef double[::1] moved

    cdef void weigh(self, int base) noexcept
    cdef int likeliest(self, int base) noexcept
    cdef int view(self, int base) noexcept
