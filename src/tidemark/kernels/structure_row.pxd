"""The series at hand, as other kernels see it."""


cdef class Row:
    cdef float[:, ::1] kept
    cdef double[::1] state
    cdef double[::1] p
    cdef int slot
    cdef Py_ssize_t entry
    cdef double n, high, low, close, volume, spread, atr
    cdef int turned, nodded

    cdef void load(self, int slot) noexcept
    cdef void store(self) noexcept
