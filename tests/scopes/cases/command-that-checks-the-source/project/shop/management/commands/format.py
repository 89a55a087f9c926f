import subprocess

subprocess.run(["ruff", "format"])
