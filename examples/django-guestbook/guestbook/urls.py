from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import DefaultRouter

from guestbook import api, views

router = DefaultRouter()
router.register("entries", api.Entries)

urlpatterns = [
    path("", views.book),
    path("health", views.health),
    path("admin/", admin.site.urls),
    path("api/", include(router.urls)),
]
