from .base import *
INSTALLED_APPS += ["template_inspector"]
import template_inspector
