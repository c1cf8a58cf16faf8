"""What the frames of both venues are written from, as their kernels see it."""

from tidemark.kernels.ladder cimport Books, BookTopics, Told
from tidemark.kernels.page cimport Grids, Page


cdef class Frames:
    cdef Books books
    cdef BookTopics topics
    cdef Grids grids
    cdef object chosen, concerns, candle
    # Of the truth, by slot, or by minute and slot.
    cdef long long minutes, minute
    cdef int[:, ::1] opens, highs, lows, closes
    cdef long long[:, ::1] lots, values
    cdef long long[::1] since, numbers, day_high, day_low, day_lots, day_value
    cdef double[::1] interests
    # Of the market in each slot.
    cdef list names, symbols
    cdef long long[::1] funding_hours, pushed
    cdef unsigned char[::1] listed, is_order_wanted, is_quote_wanted
    # The slice.
    cdef Py_ssize_t at, events, orders
    cdef long long end_ms, skew_ms
    cdef double missing, restarts
    cdef long long[::1] order, slot, time_ms, first, fills, ticks, fill_lots, fill_number, fill_order
    cdef unsigned char[::1] is_buy
    cdef long long[::1] quote_slot, quote_time_ms, quote_bid, quote_ask
    cdef long long[:, ::1] quote_sizes
    cdef double[::1] fair
    # What is told each second, in that order.
    cdef long long[::1] summary_slot, summary_length, summary_number, summary_kind
    cdef Py_ssize_t summaries, summary_at
    # What `measure` found.
    cdef long long mark, index, interest, funding_ms
    cdef double rate

    cdef bint is_known(self, Py_ssize_t slot, long long minute, long long known) noexcept
    cdef long long row_of(self, Py_ssize_t slot, long long minute, long long ago) noexcept
    cdef int measure(self, Py_ssize_t slot, double fair, long long at_ms) noexcept
    cdef int write_trades(self, Page page, Py_ssize_t slot, Py_ssize_t event, long long at_ms) except? -1
    cdef int write_quote(self, Page page, Py_ssize_t slot, long long at_ms) except? -1
    cdef int write_book(self, Page page) except? -1
    cdef int write_summary(
        self, Page page, Py_ssize_t entry, long long minute, long long known, long long now_ms, long long skew_ms,
        bint is_closed,
    ) except? -1
    cdef bint is_restart(self, Told told) except? -1
    cdef double missing_of(self, Py_ssize_t slot) except? -1.0
