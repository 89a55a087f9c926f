from jettison.values import Origin


def test_an_origin_reads_as_file_and_line() -> None:
    assert str(Origin(file="Dockerfile", line=3)) == "Dockerfile:3"
    assert str(Origin(file="Dockerfile")) == "Dockerfile"
