DEBUG = False
ROOT_URLCONF = "site.urls"
INSTALLED_APPS = ["django.contrib.admin"]
if DEBUG:
    INSTALLED_APPS += ["template_inspector"]
try:
    from site.local import *
except ImportError:
    pass
