"""The broker of backtests, as other kernels see it."""


cdef class Broker:
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
    cdef int[::1] fed_market
    cdef long long[::1] fed_time
    cdef double[::1] fed_open
    cdef double[::1] fed_high
    cdef double[::1] fed_low
    cdef double[::1] fed_close
    cdef double[::1] fed_volume

    cpdef long long bar(
        self, Py_ssize_t market, long long time, double open, double high, double low, double close, double volume
    ) noexcept
    cpdef long long take(self, Py_ssize_t i) noexcept
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
    cpdef long long finish(self, long long market) noexcept
    cpdef double position(self, Py_ssize_t market) noexcept
    cpdef double entry(self, Py_ssize_t market) noexcept
    cpdef double last(self, Py_ssize_t market) noexcept
    cpdef double profit(self, Py_ssize_t market) noexcept
    cpdef double liquidation(self, Py_ssize_t market) noexcept
    cpdef long long waiting(self, Py_ssize_t market) noexcept
    cpdef double equity(self) noexcept
    cpdef double free(self) noexcept
    cpdef double exposure(self) noexcept
    cdef Py_ssize_t skim(
        self, Py_ssize_t m, long long[::1] time, double[::1] high, double[::1] low, double[::1] close,
        signed char[::1] want, double[::1] equity, Py_ssize_t begin, Py_ssize_t end
    ) noexcept
    cdef bint has_room(self) noexcept
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
    cdef void _fund(self, Py_ssize_t m, long long time, double open) noexcept
    cdef void _first_due(self, Py_ssize_t m, long long after) noexcept
    cdef void _next_due(self, Py_ssize_t m) noexcept
    cdef void _open_phase(self, Py_ssize_t m) noexcept
    cdef Py_ssize_t _at_open(self, Py_ssize_t m) noexcept
    cdef bint _own_at_open(self, Py_ssize_t m) noexcept
    cdef void _within_phase(self, Py_ssize_t m) noexcept
    cdef bint _touched_stop(self, Py_ssize_t m) noexcept
    cdef bint _touched_limit(self, Py_ssize_t m) noexcept
    cdef double _not_past(self, double level, double way) noexcept
    cdef double _if_proved(self, double level, double way) noexcept
    cdef bint _reaches(self, double side, double level) noexcept
    cdef void _trail(self, Py_ssize_t m) noexcept
    cdef void _reach(self, Py_ssize_t m) noexcept
    cdef void _fill_order(self, Py_ssize_t m, Py_ssize_t k, double reference, bint is_maker) noexcept
    cdef bint _fill_own(self, Py_ssize_t m, double reference, int code) noexcept
    cdef int _size(self, Py_ssize_t m, Py_ssize_t k, double reference) noexcept
    cdef double _trade(
        self, Py_ssize_t m, Py_ssize_t k, double side, double quantity, double reference, bint is_maker, double limit,
        int code
    ) noexcept
    cdef double _slipped(
        self, Py_ssize_t m, double side, double quantity, double reference, double limit
    ) noexcept
    cdef double _afford(self, Py_ssize_t m, double quantity, double price, double rate, double reference) noexcept
    cdef void _reduce(
        self, Py_ssize_t m, double quantity, double price, double reference, double fee, int code
    ) noexcept
    cdef void _add(
        self, Py_ssize_t m, Py_ssize_t k, double side, double quantity, double price, double reference, double fee
    ) noexcept
    cdef void _write_trip(self, Py_ssize_t m, double side, int code) noexcept
    cdef void _forget_position(self, Py_ssize_t m, double side) noexcept
    cdef void _guard(
        self, Py_ssize_t m, double stop, double target, double trail, long long until, bint is_fraction, double price,
        double quantity
    ) noexcept
    cdef void _settle(self, Py_ssize_t m) noexcept
    cdef void _settle_all(self, Py_ssize_t m) noexcept
    cdef double _liquidation(self, Py_ssize_t m) noexcept
    cdef double _trail_level(self, Py_ssize_t m) noexcept
    cdef double _order_level(self, Py_ssize_t m, Py_ssize_t k) noexcept
    cdef double _equity_at(self, Py_ssize_t m, double price) noexcept
    cdef double _floor(self, Py_ssize_t m, double quantity) noexcept
    cdef double _whole(self, Py_ssize_t m, double quantity) noexcept
    cdef double _tick(self, Py_ssize_t m, double price, int way) noexcept
    cdef void _remove(self, Py_ssize_t k) noexcept
    cdef Py_ssize_t _find(self, long long number) noexcept
    cdef void _tell(
        self, int reason, long long number, Py_ssize_t m, long long at, double asked, double given, double price
    ) noexcept
    cdef void _log(
        self, Py_ssize_t m, Py_ssize_t k, double side, double quantity, double price, double reference, double fee,
        bint is_maker
    ) noexcept
