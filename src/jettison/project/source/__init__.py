"""What a project's Python source says, as facts with their origins."""
