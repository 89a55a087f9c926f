SILENT_LOGGERS = ["coverage.control"]
