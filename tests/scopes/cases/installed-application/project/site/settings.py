ROOT_URLCONF = "site.urls"
INSTALLED_APPS = ["django.contrib.admin"]
if PROFILING_ENABLED:
    INSTALLED_APPS.append("call_profiler")
INSTALLED_APPS.extend(["help_pages"])
