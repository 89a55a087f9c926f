import subprocess

subprocess.run(["black", "made.py"])
