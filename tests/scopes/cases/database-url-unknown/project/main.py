import os, sqlalchemy
engine = sqlalchemy.create_engine(os.environ["DATABASE_URL"])
