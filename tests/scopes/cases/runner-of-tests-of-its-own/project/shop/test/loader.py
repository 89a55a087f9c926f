import model_bakery


def load():
    return model_bakery
