"""What a candle does between its open and its close, as other kernels see it."""

from tidemark.kernels.broker_opening cimport BrokerOpening


cdef class BrokerWithin(BrokerOpening):
    cdef void _within_phase(self, Py_ssize_t m) noexcept
    cdef bint _touched_stop(self, Py_ssize_t m) noexcept
    cdef bint _touched_limit(self, Py_ssize_t m) noexcept
    cdef double _not_past(self, double level, double way) noexcept
    cdef double _if_proved(self, double level, double way) noexcept
    cdef bint _reaches(self, double side, double level) noexcept
    cdef void _trail(self, Py_ssize_t m) noexcept
    cdef void _reach(self, Py_ssize_t m) noexcept
