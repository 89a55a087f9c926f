"""The optimizations, one module each."""
