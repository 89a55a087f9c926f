from importlib import import_module

from django.apps import apps
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args, **options):
        for app in apps.get_app_configs():
            import_module(f"{app.name}.sampledata").generate()
