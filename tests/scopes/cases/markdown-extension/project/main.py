import markdown
html = markdown.markdown(text, extensions=["pymdownx.superfences"])
