from shop.settings import *

INSTALLED_APPS += ["django_migration_linter"]
