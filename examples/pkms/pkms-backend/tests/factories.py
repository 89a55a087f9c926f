"""Request bodies with invented content."""

import factory
from faker import Faker

fake = Faker()
Faker.seed(20241214)


class RegistrationFactory(factory.DictFactory):
    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda o: f"{o.username}@example.com")
    password = "correct horse"


class NoteFactory(factory.DictFactory):
    title = factory.LazyFunction(lambda: fake.sentence(nb_words=4))
    content = factory.LazyFunction(lambda: f"<p>{fake.paragraph()}</p>")
    tags = factory.LazyFunction(list)


class TodoFactory(factory.DictFactory):
    title = factory.LazyFunction(lambda: fake.sentence(nb_words=3))
    description = factory.LazyFunction(fake.sentence)
    priority = 2


class DiaryFactory(factory.DictFactory):
    title = factory.LazyFunction(lambda: fake.sentence(nb_words=3))
    content = factory.LazyFunction(lambda: f"<p>{fake.paragraph()}</p>")
    mood = 4
