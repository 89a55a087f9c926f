"""Images as values: digests, references, configs, manifests, layers and their tar streams.

Nothing here opens a file or a socket; bytes come from, and go to, objects the caller hands in.
"""
