"""Books of the local exchange, as other kernels see them."""

from tidemark.kernels.page cimport Grids, Page


cdef class Touch:
    cdef readonly long long turn, bid, ask, bid_lots, ask_lots


cdef class Books:
    cdef readonly long long[::1] bids, asks, bid_lots, ask_lots, turns, times_ms, spacing
    cdef double[::1] worth, tail
    cdef long long[::1] keys

    cpdef int quote(
        self, Py_ssize_t slot, long long time_ms, long long bid, long long ask, long long bid_lots, long long ask_lots
    ) except? -1
    cpdef int turn(self, Py_ssize_t slot, long long time_ms) except? -1
    cdef long long nearest(self, Py_ssize_t slot, bint is_bid, long long best) noexcept
    cdef long long farthest(self, Py_ssize_t slot, bint is_bid, long long best, long long depth) noexcept
    cdef long long size_of(self, Py_ssize_t slot, bint is_bid, long long multiple, long long turn) noexcept
    cdef long long size_at(
        self, Py_ssize_t slot, long long turn, long long best, long long best_lots, long long depth, long long price,
        bint is_bid,
    ) noexcept
    cdef int write_side(
        self, Page page, Grids grids, Py_ssize_t slot, Touch touch, long long depth, bint is_bid
    ) except? -1


cdef class Told:
    cdef readonly str topic
    cdef readonly bytes head
    cdef readonly Py_ssize_t slot
    cdef readonly long long depth, every_ms
    cdef public int number
    cdef readonly long long update_id
    cdef public long long told_ms
    cdef readonly bint is_due
    cdef readonly Touch touch
    cdef long long due_ms, order
    cdef long long[::1] bids, asks
    cdef Py_ssize_t bid_count, ask_count

    cpdef int note(self, long long bid, long long ask) except? -1
    cpdef int commit(self, Touch touch, long long update_id, long long now_ms) except? -1


cdef class BookTopics:
    cdef readonly Books books
    cdef readonly dict of_topic
    cdef list of_slot
    cdef list due
    cdef long long count
    cdef readonly long long next_ms
    cdef long long[::1] prices

    cpdef int moved(self, Py_ssize_t slot, long long time_ms) except? -1
    cdef Told pop(self)
    cdef Py_ssize_t collect(self, Told told, bint is_bid) except? -1
    cdef int add_range(self, Py_ssize_t n, long long first, long long stop, long long spacing) except? -1
    cdef int write_changes(self, Page page, Grids grids, Told told, bint is_bid, bint is_all) except? -1
