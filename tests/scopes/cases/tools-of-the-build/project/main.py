import flask
import other_extensions
