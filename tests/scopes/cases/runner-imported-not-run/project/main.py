import flask
import shop.marks
