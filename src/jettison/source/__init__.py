"""What the application's source and its other files say and run."""
