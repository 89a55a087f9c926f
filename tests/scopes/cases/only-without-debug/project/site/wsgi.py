import os
from django.core.wsgi import get_wsgi_application
if os.environ["APP_ENV"] == "production":
    import error_reports
