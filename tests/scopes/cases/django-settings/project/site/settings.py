INSTALLED_APPS = ["django.contrib.admin", "rest_framework", "shop"]
MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware", "csp.middleware.CSPMiddleware"]
STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage"}}
AUTHENTICATION_BACKENDS = ["mozilla_django_oidc.auth.OIDCAuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
