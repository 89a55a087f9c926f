import PIL, yaml, jwt, bs4, dotenv, jose, fitz, docx, magic
