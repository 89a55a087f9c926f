from apispec.ext.marshmallow import MarshmallowPlugin
