"""What an environment or image holds, and who owns it."""
