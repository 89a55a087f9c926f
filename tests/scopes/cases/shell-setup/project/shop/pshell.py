from sample_data import fill
