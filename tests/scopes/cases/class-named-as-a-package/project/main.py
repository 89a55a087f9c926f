from django.db.models import Q

Q()
