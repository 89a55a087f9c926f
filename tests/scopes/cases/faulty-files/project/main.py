import flask
import legacy
