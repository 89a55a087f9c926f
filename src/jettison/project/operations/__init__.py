"""What a project runs: in production, while its image is made, and by its developers."""
