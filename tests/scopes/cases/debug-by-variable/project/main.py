import os
import sys
from argparse import ArgumentParser
from flask import Flask
app = Flask(__name__)
args = ArgumentParser().parse_args()
if os.environ.get("FLASK_DEBUG", "0") == "1":
    import flask_debugtoolbar
if args.debug:
    import debugpy
if app.config["ENVIRONMENT"] == "development":
    import pyinstrument
DEBUG_TEMPLATES = False
if DEBUG_TEMPLATES:
    import werkzeug_inspector
