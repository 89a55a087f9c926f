DEBUG = True
ROOT_URLCONF = "site.urls"
