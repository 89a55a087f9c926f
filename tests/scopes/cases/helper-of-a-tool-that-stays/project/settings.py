import django

INSTALLED_APPS = ["django_extensions"]
