"""Prices and lots, as other kernels see it."""

from tidemark.kernels.broker_account cimport BrokerAccount


cdef class BrokerMargin(BrokerAccount):
    cpdef double liquidation(self, Py_ssize_t market) noexcept
    cpdef double free(self) noexcept
    cdef void _settle_all(self, Py_ssize_t m) noexcept
    cdef void _settle(self, Py_ssize_t m) noexcept
    cdef double _liquidation(self, Py_ssize_t m) noexcept
    cdef double _trail_level(self, Py_ssize_t m) noexcept
    cdef double _order_level(self, Py_ssize_t m, Py_ssize_t k) noexcept
    cdef void _guard(
        self, Py_ssize_t m, double stop, double target, double trail, long long until, bint is_fraction, double price,
        double quantity
    ) noexcept
    cdef void _fund(self, Py_ssize_t m, long long time, double open) noexcept
    cdef void _next_due(self, Py_ssize_t m) noexcept
    cdef void _first_due(self, Py_ssize_t m, long long after) noexcept
    cdef double _floor(self, Py_ssize_t m, double quantity) noexcept
    cdef double _whole(self, Py_ssize_t m, double quantity) noexcept
    cdef double _tick(self, Py_ssize_t m, double price, int way) noexcept
