"""Files that leave a Python environment: which, why, and how a build takes them out."""
