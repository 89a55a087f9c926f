from shop_common.models import Order
