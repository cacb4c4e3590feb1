"""numba kernels: plain functions over arrays and numbers, one family a file (numba caches per file)."""
