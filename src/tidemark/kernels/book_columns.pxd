"""Columns of book messages, as other kernels see them."""


cdef class BookColumns:
    cdef readonly tuple arrays
    cdef readonly Py_ssize_t capacity
    cdef readonly Py_ssize_t room
    cdef public Py_ssize_t count
    cdef public Py_ssize_t filled
    cdef int[::1] slot
    cdef unsigned char[::1] is_snapshot
    cdef long long[::1] ts_event
    cdef long long[::1] ts_recv
    cdef long long[::1] first_id
    cdef long long[::1] update_id
    cdef long long[::1] previous_id
    cdef int[::1] start
    cdef int[::1] bids
    cdef int[::1] asks
    cdef double[::1] price
    cdef double[::1] size
