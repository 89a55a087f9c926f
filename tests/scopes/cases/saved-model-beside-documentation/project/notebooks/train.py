import word_maths
