"""What a bar gives, as other kernels see it."""

from tidemark.kernels.structure_row cimport Row


cdef class Given:
    cdef Row row
    cdef double[:, :, ::1] rules
    cdef int[::1] counts
    cdef double[:, ::1] odds
    cdef long long[:, ::1] events
    cdef double[:, ::1] values
    cdef Py_ssize_t count

    cdef bint holds(self, int kind) noexcept
    cdef void facts(
        self, double level, double v1, double v2, double v3, double v4, double v5, double v6, double v7, double v8,
        double v9=*, double v10=*, double v11=*, double v12=*
    ) noexcept
    cdef void give(self, int base, int kind, int direction, double at, int is_back) noexcept
    cdef void pull(self, int kind, int direction) noexcept
