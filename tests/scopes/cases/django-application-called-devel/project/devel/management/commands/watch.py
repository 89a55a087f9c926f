import file_watch
