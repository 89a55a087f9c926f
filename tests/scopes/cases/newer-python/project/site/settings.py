from site.broken import *
type Pair = tuple[int, int]
try:
    import local
except ImportError, ValueError:
    local = None
MIDDLEWARE = ["policy.middleware.PolicyMiddleware"]
