"""What is asked of the broker of a backtest, as other kernels see it."""

from tidemark.kernels.broker_within cimport BrokerWithin


cdef class BrokerOrders(BrokerWithin):
    cpdef long long order(
        self, long long market, long long side, double size, long long kind=*, double price=*, double trigger=*,
        double distance=*, long long sizing=*, long long flags=*, long long life=*, long long tag=*, double stop=*,
        double target=*, double trail=*, long long until=*, long long reason=*
    ) noexcept
    cpdef long long protect(
        self, long long market, double stop=*, double target=*, double trail=*, long long until=*,
        bint is_fraction=*
    ) noexcept
    cpdef long long cancel(self, long long number) noexcept
    cpdef long long cancel_all(self, long long market) noexcept
    cpdef long long link(self, long long number, long long other) noexcept
    cpdef long long close(self, long long market, long long reason=*) noexcept
