import importlib
import flask
app = flask.Flask(__name__)
for name in app.config.get("PARTS", ()):
    importlib.import_module(name)
