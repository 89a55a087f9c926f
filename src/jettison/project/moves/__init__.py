"""Moving requirements from production to development, in each format's own way."""
