from django.conf import settings
from django.urls import include, path
if "page_toolbar" in settings.INSTALLED_APPS:
    import page_toolbar
    urlpatterns = [path("", include("page_toolbar.urls"))]
if apps.is_installed("page_toolbar"):
    import page_toolbar.panels
if "translation_pages" in settings.INSTALLED_APPS:
    urlpatterns += [path("", include("translation_pages.urls"))]
if getattr(settings, "DEBUG_TRACKER", False):
    urlpatterns += [path("", include("request_tracker.urls"))]
if "search_pages" in settings.INSTALLED_APPS:
    urlpatterns += [path("", include("search_pages.urls"))]
