import environ
ROOT_URLCONF = "shop_test.urls"
