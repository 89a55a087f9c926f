#!/bin/sh
black --check /app
if [ "$TEST" ]; then pytest; fi
exec gunicorn main:app
