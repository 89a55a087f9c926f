urlpatterns = [path("o/", include("oauth2_provider.urls")), path("shop/", include("shop.urls"))]
