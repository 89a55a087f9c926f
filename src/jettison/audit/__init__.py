"""Which known vulnerabilities an image has, and which left with what was removed."""
