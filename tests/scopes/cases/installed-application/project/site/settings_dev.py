from site.settings import *
INSTALLED_APPS += ["page_toolbar", "translation_pages"]
