import flask
import shop.check
