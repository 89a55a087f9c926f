import os
import subprocess


def start(template):
    os.system(f"cookiecutter gh:shop/shop --directory=templates/{template}")


def check():
    subprocess.run(["ruff", "check", "."], check=True)
