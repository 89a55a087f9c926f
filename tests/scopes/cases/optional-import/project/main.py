try:
    import magic
except ImportError:
    magic = None
