import os
import joblib
model = joblib.load(os.environ["MODEL"])
