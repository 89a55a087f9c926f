import asyncpg

URL = "postgresql://shop@db/shop"
