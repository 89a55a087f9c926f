OPTIONS = ["-mvirtualenv", "--clear"]
def make(box, python):
    box.do(python, *OPTIONS)
