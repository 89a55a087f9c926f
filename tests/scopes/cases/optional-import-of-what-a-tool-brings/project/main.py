def app(): ...


try:
    from colorama import Fore
except ImportError:
    Fore = None
