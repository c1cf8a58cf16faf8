"""What compilers offer beyond the language."""

cdef extern from * nogil:
    """
    #if defined(__GNUC__)
    #define TIDEMARK_PREFETCH(address) __builtin_prefetch(address)
    #else
    #define TIDEMARK_PREFETCH(address)
    #endif
    """
    # Starts to bring what stands there into the cache, and does not wait for it.
    void prefetch "TIDEMARK_PREFETCH"(const void* address) noexcept
