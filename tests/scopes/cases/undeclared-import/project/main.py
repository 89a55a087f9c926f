from flask import Flask
import django_stubs_ext
import click
