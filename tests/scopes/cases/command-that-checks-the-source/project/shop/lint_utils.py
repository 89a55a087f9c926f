import subprocess


def sorted_imports(path):
    subprocess.run(["isort", path], check=True)
