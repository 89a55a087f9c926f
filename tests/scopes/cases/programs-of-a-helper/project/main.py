from ansible_runner import run
from nbconvert import HTMLExporter
