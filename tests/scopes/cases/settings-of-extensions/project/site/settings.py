ROOT_URLCONF = "site.urls"
INSTALLED_APPS = ["django.contrib.admin"]
CACHES = {"default": {"BACKEND": "cache_in_memory.backend.Cache"}}
TEMPLATES = [{"BACKEND": "template_engine.Engine", "APP_DIRS": True}]
SESSION_ENGINE = "stored_sessions.backend"
REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": ["table_renderer.Renderer"],
                  "DEFAULT_SCHEMA_CLASS": "schema_views.AutoSchema"}
