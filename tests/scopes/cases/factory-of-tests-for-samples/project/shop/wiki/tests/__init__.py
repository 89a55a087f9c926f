import factory


class DocumentFactory(factory.Factory):
    class Meta:
        model = dict
