import pytest

from jettison.contents.links import links_of


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ("import numpy as np\nnp.random.rand(3)", {"numpy.random"}),
        ("import numpy.linalg\nnumpy.fft", {"numpy.fft"}),
        ("import numpy.linalg as la\nla.fft", set()),
        ("import numpy\ngetattr(numpy, name)", {"numpy.*"}),
        ("import numpy as np\nxp = np", {"numpy.*"}),
        ("import numpy as np\nif np and np is not None: pass", set()),
        ("from numpy import *", {"numpy.*"}),
        ("exec('import numpy; from numpy import *')", {"numpy.*"}),
        ('"""Write from numpy import * to have all."""', set()),
        ("from numpy import array", set()),
        ("import other\nother.random", set()),
    ],
)
def test_attributes_that_are_asked_for(source: str, asked: set[str]) -> None:
    assert links_of(source.encode()).asked == asked


def test_imports_of_a_modules_getattr_are_told_apart() -> None:
    links = links_of(
        b"import early\n"
        b"def __getattr__(name):\n    import package.late\n"
        b"class Lazy:\n    def __getattr__(self, name):\n        import within\n"
    )
    assert [one.module for one in links.on_demand] == ["package.late"]
    assert {one.module for one in links.imports} == {"early", "within"}
