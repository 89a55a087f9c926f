from textwrap import dedent

from jettison.formats.requirements import parse, split


def halves(text: str, *move: str, existing: str | None = None) -> tuple[str, str]:
    file = parse(dedent(text), file="requirements.txt")
    other = parse(existing, file="requirements-dev.txt") if existing is not None else None
    return split(file, move, existing=other)


MIXED = """\
    # Web
    fastapi==0.104.1  # the server
    httpx==0.25.2

    # Testing
    pytest==7.4.3
    # slow without it
    pytest-xdist==3.5.0
    # pytest-randomly==3.15.0

    # Tools
    alembic==1.13.0
    black==23.12.0

    # Data
    redis==5.0.0
    """


def test_a_section_moves_with_its_heading_and_a_part_repeats_it() -> None:
    production, development = halves(MIXED, "pytest", "pytest-xdist", "black")
    assert production == dedent("""\
        # Web
        fastapi==0.104.1  # the server
        httpx==0.25.2

        # Tools
        alembic==1.13.0

        # Data
        redis==5.0.0
        """)
    assert development == dedent("""\
        -r requirements.txt

        # Testing
        pytest==7.4.3
        # slow without it
        pytest-xdist==3.5.0
        # pytest-randomly==3.15.0

        # Tools
        black==23.12.0
        """)


def test_the_last_section_leaves_no_blank_lines_behind() -> None:
    production, development = halves(MIXED, "redis")
    assert production.endswith("black==23.12.0\n")
    assert development == "-r requirements.txt\n\n# Data\nredis==5.0.0\n"


def test_the_first_section_leaves_no_blank_line_behind() -> None:
    production, _ = halves("# T\npytest\n\n# Web\nflask\n", "pytest")
    assert production == "# Web\nflask\n"


def test_blank_lines_that_were_there_before_stay() -> None:
    production, _ = halves("flask\n\n\n\nredis\npytest\n", "pytest")
    assert production == "flask\n\n\n\nredis\n"


def test_hashes_and_notes_move_along() -> None:
    text = "a==1 \\\n    --hash=sha256:aa\n    # via b\nb==2 \\\n    --hash=sha256:bb\n"
    assert halves(text, "a") == (
        "b==2 \\\n    --hash=sha256:bb\n",
        "-r requirements.txt\n\na==1 \\\n    --hash=sha256:aa\n    # via b\n",
    )


def test_banners_stand_apart_from_the_headings_under_them() -> None:
    text = """\
        # ===== Development =====

        # Linting
        black

        # Docs
        mkdocs
        """
    production, development = halves(text, "black")
    assert production == "# ===== Development =====\n\n# Docs\nmkdocs\n"
    assert development == ("-r requirements.txt\n\n# ===== Development =====\n\n# Linting\nblack\n")


def test_a_file_without_a_last_line_end() -> None:
    assert halves("flask\npytest", "pytest") == ("flask\n", "-r requirements.txt\n\npytest\n")


def test_windows_line_ends_go_on() -> None:
    production, development = halves("flask\r\npytest\r\n", "pytest")
    assert production == "flask\r\n"
    assert development == "-r requirements.txt\r\n\r\npytest\r\n"


def test_every_line_of_a_name_moves() -> None:
    text = 'a==1 ; python_version < "3.9"\nb\nA==2 ; python_version >= "3.9"\n'
    assert halves(text, "a")[0] == "b\n"


def test_nothing_to_move_changes_nothing() -> None:
    assert halves("flask\n", "pytest") == ("flask\n", "")


def test_an_existing_development_file_is_added_to() -> None:
    existing = "-r requirements.txt\n# mine\npytest==8\n"
    production, development = halves("flask\npytest\nblack\n", "pytest", "black", existing=existing)
    assert production == "flask\n"
    assert development == f"{existing}\nblack\n"


def test_an_existing_file_starts_to_include_production() -> None:
    _, development = halves("flask\nblack\n", "black", existing="pytest\n")
    assert development == "-r requirements.txt\n\npytest\n\nblack\n"


def test_a_development_file_in_another_folder_points_back() -> None:
    production = parse("flask\nblack\n", file="requirements/base.txt")
    existing = parse("pytest\n", file="dev/requirements.txt")
    assert split(production, {"black"}, existing=existing)[1].startswith(
        "-r ../requirements/base.txt\n"
    )
