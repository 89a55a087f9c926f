import flask
import shop
