import os

from flask import Flask

app = Flask(__name__)
if os.environ.get("FLASK_DEBUG", "0") == "1":
    import flask_debugtoolbar
