"""How large an image will be, without building it."""
