from flask import Flask
import lxml.html
