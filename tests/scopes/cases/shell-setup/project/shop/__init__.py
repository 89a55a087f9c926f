from pyramid.config import Configurator
