"""Which requests are sent, made from what the application declares about itself. Pure."""
