import importlib.util, os
for name in os.listdir("plugins"):
    spec = importlib.util.spec_from_file_location(name, os.path.join("plugins", name))
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
