from tests.samples import sample

sample()
