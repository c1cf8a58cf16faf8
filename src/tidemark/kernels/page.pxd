"""Pages of frames and the grids of their numbers, as other kernels see them."""


cdef long long scaled(double value, int decimals) except? -1


cdef class Grids:
    cdef readonly object tick, price_decimals, lot, lot_decimals
    cdef double[::1] ticks
    cdef int[::1] price_digits
    cdef double[::1] lots
    cdef int[::1] lot_digits


cdef class Page:
    cdef public long long until_ns
    cdef public long long next_ns
    cdef public Py_ssize_t limit
    cdef readonly Py_ssize_t payload
    cdef readonly Py_ssize_t count
    cdef bytearray buffer
    cdef unsigned char* chars
    cdef Py_ssize_t room
    cdef Py_ssize_t used
    cdef Py_ssize_t begun
    cdef long long[::1] at_ns
    cdef int[::1] number
    cdef long long[::1] start
    cdef long long[::1] length
    cdef long long[::1] envelope

    cdef int grow(self, Py_ssize_t more) except? -1
    cdef int grow_index(self) except? -1
    cdef int text(self, bytes words) except? -1
    cdef int whole(self, long long value) except? -1
    cdef int digits(self, unsigned long long value, int decimals, bint is_negative) except? -1
    cdef int fixed(self, double value, int decimals) except? -1
    cdef int hexadecimal(self, unsigned long long value, int width) except? -1
    cdef int price(self, Grids grids, Py_ssize_t slot, long long ticks) except? -1
    cdef int size(self, Grids grids, Py_ssize_t slot, long long lots) except? -1
    cdef int value(self, Grids grids, Py_ssize_t slot, long long tick_lots) except? -1
    cdef int begin(self) except? -1
    cdef int drop(self) except? -1
    cdef int shorten(self, int count) except? -1
    cdef int end(self, long long at_ns, int number) except? -1
    cdef Py_ssize_t sent_length(self, Py_ssize_t i, bint is_combined, list names) except? -1
    cdef Py_ssize_t write_payload(
        self, unsigned char* chars, Py_ssize_t at, Py_ssize_t i, bint is_combined, list names
    ) except? -1
