"""Positions of a backtest, as other kernels see it."""

from tidemark.kernels.broker_margin cimport BrokerMargin


cdef class BrokerPositions(BrokerMargin):
    cdef void _add(
        self, Py_ssize_t m, Py_ssize_t k, double side, double quantity, double price, double reference, double fee
    ) noexcept
    cdef void _reduce(
        self, Py_ssize_t m, double quantity, double price, double reference, double fee, int code
    ) noexcept
    cdef void _write_trip(self, Py_ssize_t m, double side, int code) noexcept
    cdef void _forget_position(self, Py_ssize_t m, double side) noexcept
