"""Base images that the final stage could have, judged by what the application needs."""
