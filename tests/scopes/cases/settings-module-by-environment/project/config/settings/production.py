from .base import *
INSTALLED_APPS += ["anymail"]
