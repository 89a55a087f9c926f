from rest_framework import serializers, viewsets

from guestbook.models import Entry


class EntrySerializer(serializers.ModelSerializer):
    class Meta:
        model = Entry
        fields = ["id", "name", "text"]


class Entries(viewsets.ModelViewSet):
    queryset = Entry.objects.order_by("id")
    serializer_class = EntrySerializer
