"""What an image weighs and holds."""
