from pathlib import Path


def secret(name, other): ...


DATABASES = {"default": {"ENGINE": secret("SHOP_DB_ENGINE", "django.db.backends.mysql")}}
