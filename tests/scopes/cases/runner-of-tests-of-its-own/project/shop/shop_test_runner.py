from shop.test.loader import load

load()
