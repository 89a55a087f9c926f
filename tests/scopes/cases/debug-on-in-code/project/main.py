DEBUG = True
if DEBUG:
    import debug_toolbar
