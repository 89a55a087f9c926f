import fast_codec
