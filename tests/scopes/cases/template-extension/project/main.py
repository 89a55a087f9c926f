from jinja2 import Environment

pages = Environment(extensions=["template_dates.DateExtension"])
