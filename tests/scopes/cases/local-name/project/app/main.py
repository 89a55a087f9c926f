from app import markdown
from . import celery
