import pickle

import flask

model = pickle.load(open("/data/model.pkl", "rb"))
