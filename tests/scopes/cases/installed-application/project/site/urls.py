from django.conf import settings
from django.urls import include, path
if "page_toolbar" in settings.INSTALLED_APPS:
    import page_toolbar
    urlpatterns = [path("", include("page_toolbar.urls"))]
if apps.is_installed("page_toolbar"):
    import page_toolbar.panels
