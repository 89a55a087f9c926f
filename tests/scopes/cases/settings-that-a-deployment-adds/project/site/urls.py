from django.conf import settings
if settings.DEBUG:
    import template_inspector
