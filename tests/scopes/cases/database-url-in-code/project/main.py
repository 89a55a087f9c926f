from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine(f"postgresql+asyncpg://{user}@db/app")
