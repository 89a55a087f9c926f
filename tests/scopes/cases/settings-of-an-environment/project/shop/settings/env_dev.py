INSTALLED_APPS = ["django_extensions"]
