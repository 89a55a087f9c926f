import fastapi
from authlib.integrations.starlette_client import OAuth
