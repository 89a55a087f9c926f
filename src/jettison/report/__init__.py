"""Plans and results as text, JSON and other formats."""
