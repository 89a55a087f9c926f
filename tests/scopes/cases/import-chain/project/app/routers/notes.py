import rapidfuzz
