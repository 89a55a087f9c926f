"""Other programs run and stopped, and work that runs concurrently."""
