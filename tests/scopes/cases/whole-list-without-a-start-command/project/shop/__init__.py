import celery
import fastapi
import redis
