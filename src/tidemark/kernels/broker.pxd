"""The broker of backtests, as other kernels see it."""

from tidemark.kernels.broker_orders cimport BrokerOrders


cdef class Broker(BrokerOrders):
    cdef int[::1] fed_market
    cdef long long[::1] fed_time
    cdef double[::1] fed_open
    cdef double[::1] fed_high
    cdef double[::1] fed_low
    cdef double[::1] fed_close
    cdef double[::1] fed_volume

    cpdef long long finish(self, long long market) noexcept
    cpdef long long bar(
        self, Py_ssize_t market, long long time, double open, double high, double low, double close, double volume
    ) noexcept
    cpdef long long take(self, Py_ssize_t i) noexcept
    cdef bint has_room(self) noexcept
    cdef Py_ssize_t skim(
        self, Py_ssize_t m, long long[::1] time, double[::1] high, double[::1] low, double[::1] close,
        signed char[::1] want, double[::1] equity, Py_ssize_t begin, Py_ssize_t end
    ) noexcept
    cdef bint wants(self, Py_ssize_t m, int now) noexcept
    cdef void _mark(self) noexcept
    cdef void _note(self, double equity) noexcept
    cdef void _pass(self, Py_ssize_t m, double high, double low, double close) noexcept
    cdef void _begin(self, Py_ssize_t m, long long time, double open) noexcept
    cdef void _piece(
        self, Py_ssize_t m, long long time, long long span, double open, double high, double low, double close,
        double volume
    ) noexcept
    cdef void _end(self, Py_ssize_t m, double high, double low, double close) noexcept
