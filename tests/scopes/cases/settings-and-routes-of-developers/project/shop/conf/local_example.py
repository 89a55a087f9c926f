INSTALLED_APPS = ["nplusone.ext.django"]
