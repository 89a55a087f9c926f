#!/bin/sh
coverage run manage.py test
