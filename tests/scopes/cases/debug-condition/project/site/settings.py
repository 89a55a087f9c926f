import os
DEBUG = os.environ.get("DEBUG", "0") == "1"
ROOT_URLCONF = "site.urls"
INSTALLED_APPS = ["django.contrib.admin"]
if DEBUG:
    INSTALLED_APPS += ["template_inspector"]
