class LazyLoader:
    pass
