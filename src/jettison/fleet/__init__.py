"""Many images as one problem: which projects, what they share, and what sharing saves."""
