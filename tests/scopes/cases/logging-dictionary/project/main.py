from logging.config import dictConfig
LOGGING = {"formatters": {"json": {"()": "pythonjsonlogger.jsonlogger.JsonFormatter"}}}
dictConfig(LOGGING)
