import pyquery
import webtest
