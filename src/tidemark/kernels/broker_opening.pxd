"""What a candle does at its open, as other kernels see it."""

from tidemark.kernels.broker_fills cimport BrokerFills


cdef class BrokerOpening(BrokerFills):
    cdef void _open_phase(self, Py_ssize_t m) noexcept
    cdef Py_ssize_t _at_open(self, Py_ssize_t m) noexcept
    cdef bint _own_at_open(self, Py_ssize_t m) noexcept
