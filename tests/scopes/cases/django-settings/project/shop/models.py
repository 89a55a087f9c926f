from django.db import models
photo = models.ImageField()
