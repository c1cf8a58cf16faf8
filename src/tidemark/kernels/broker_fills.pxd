"""Fills of a backtest, as other kernels see it."""

from tidemark.kernels.broker_positions cimport BrokerPositions


cdef class BrokerFills(BrokerPositions):
    cdef bint _fill_own(self, Py_ssize_t m, double reference, int code) noexcept
    cdef void _fill_order(self, Py_ssize_t m, Py_ssize_t k, double reference, bint is_maker) noexcept
    cdef int _size(self, Py_ssize_t m, Py_ssize_t k, double reference) noexcept
    cdef double _trade(
        self, Py_ssize_t m, Py_ssize_t k, double side, double quantity, double reference, bint is_maker, double limit,
        int code
    ) noexcept
    cdef double _slipped(
        self, Py_ssize_t m, double side, double quantity, double reference, double limit
    ) noexcept
    cdef double _afford(self, Py_ssize_t m, double quantity, double price, double rate, double reference) noexcept
