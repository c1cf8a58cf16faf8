"""What bounds memory and proves it: ledger, ring, map, queue, window, budget, pressure."""
