try:
    import hypothesis
except ImportError:
    hypothesis = None
