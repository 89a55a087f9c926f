from configurations import Configuration

class Base(Configuration):
    INSTALLED_APPS = ["policy"]

class Development(Base):
    INSTALLED_APPS = [*Base.INSTALLED_APPS, "page_toolbar"]

class Production(Base):
    pass
