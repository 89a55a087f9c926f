"""What each requirement is for, decided by evidence."""
