from shop.wiki.tests import DocumentFactory


def generate():
    DocumentFactory()
