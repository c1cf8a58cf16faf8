"""Columns of trades, as other kernels see them."""


cdef class TradeColumns:
    cdef public Py_ssize_t count
    cdef readonly Py_ssize_t capacity
    cdef readonly tuple arrays
    cdef int[::1] slot
    cdef long long[::1] ts_event
    cdef long long[::1] ts_recv
    cdef unsigned long long[::1] trade_id
    cdef long long[::1] sequence
    cdef double[::1] price
    cdef double[::1] size
    cdef unsigned char[::1] is_buy
