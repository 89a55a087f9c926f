from fastapi import FastAPI, Form
