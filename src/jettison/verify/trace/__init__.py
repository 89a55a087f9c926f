"""What an image touches while it serves: watched from inside ordinary containers."""
