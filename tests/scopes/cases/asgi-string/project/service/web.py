from starlette.applications import Starlette
import httptools
