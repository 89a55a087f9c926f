import flask
from shop_common.models import Order
