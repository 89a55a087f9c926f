from app.routers import notes
