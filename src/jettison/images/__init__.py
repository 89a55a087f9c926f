"""Container images as immutable values, and the places that hold them."""
