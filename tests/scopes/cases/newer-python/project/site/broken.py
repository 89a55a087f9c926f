INSTALLED_APPS = [
    "menu",
]
later words
