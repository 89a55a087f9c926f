DEBUG = True
INSTALLED_APPS = ["django.contrib.admin"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
if not DEBUG:
    MIDDLEWARE += ["policy.middleware.PolicyMiddleware"]
