from zoneinfo import ZoneInfo
from flask import Flask

BERLIN = ZoneInfo("Europe/Berlin")
