import stop_watch
