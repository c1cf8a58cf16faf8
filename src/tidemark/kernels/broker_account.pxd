"""The account of a backtest, as other kernels see it."""


cdef class BrokerAccount:
    cdef double[:, ::1] rules
    cdef long long[:, ::1] timing
    cdef long long[::1] due_at
    cdef double[::1] due_rate
    cdef double[:, ::1] positions
    cdef long long[:, ::1] times
    cdef long long[::1] holding
    cdef long long[:, ::1] orders
    cdef double[:, ::1] sizes
    cdef double[::1] account
    cdef long long[::1] clock
    cdef long long[::1] counts
    cdef double[:, ::1] trips
    cdef long long[:, ::1] trip_times
    cdef double[:, ::1] told_sizes
    cdef long long[:, ::1] told_times
    cdef double[:, ::1] fill_sizes
    cdef long long[:, ::1] fill_times
    # The candle, or the part of one, that is at hand; whoever fills reads them.
    cdef double opened
    cdef double high
    cdef double low
    cdef double close_price
    cdef double volume
    cdef double room
    cdef long long begun
    cdef long long span
    cdef long long moment
    cdef bint is_within
    cdef bint is_later
    # What a search found.
    cdef double level
    cdef bint is_maker
    cdef int refused
    # The piece within which a position was opened or added to last, and the price of that.
    cdef long long added
    cdef double added_at
    cdef readonly bint is_asked
    cdef readonly tuple arrays

    cpdef double position(self, Py_ssize_t market) noexcept
    cpdef double entry(self, Py_ssize_t market) noexcept
    cpdef double last(self, Py_ssize_t market) noexcept
    cpdef double profit(self, Py_ssize_t market) noexcept
    cpdef long long waiting(self, Py_ssize_t market) noexcept
    cpdef double equity(self) noexcept
    cpdef double exposure(self) noexcept
    cdef double _equity_at(self, Py_ssize_t m, double price) noexcept
    cdef Py_ssize_t _find(self, long long number) noexcept
    cdef void _remove(self, Py_ssize_t k) noexcept
    cdef void _tell(
        self, int reason, long long number, Py_ssize_t m, long long at, double asked, double given, double price
    ) noexcept
    cdef void _log(
        self, Py_ssize_t m, Py_ssize_t k, double side, double quantity, double price, double reference, double fee,
        bint is_maker
    ) noexcept
