from importlib import import_module
backend = import_module("boto3")
parser = __import__("lxml.etree")
