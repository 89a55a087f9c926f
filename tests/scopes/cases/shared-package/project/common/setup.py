from setuptools import setup

setup(name="shop-common", packages=["shop_common"])
