"""What an ELF file needs and what it carries: pure readers on bytes."""
