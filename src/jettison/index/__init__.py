"""What package indexes and Debian's archive offer, and what would be installed."""
