from Cython.Build import cythonize
from setuptools import setup

setup(name="shop", ext_modules=cythonize("fast.pyx"))
