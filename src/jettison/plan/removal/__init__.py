"""Files that leave an environment: which, why, and how a build takes them out."""
