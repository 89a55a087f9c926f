#!/bin/sh
case "$1" in
  serve) exec gunicorn main:app ;;
  tests) exec pytest tests ;;
esac
