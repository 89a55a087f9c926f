collect_ignore_glob = ["cases/*"]
