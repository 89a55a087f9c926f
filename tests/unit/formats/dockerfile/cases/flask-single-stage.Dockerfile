# A small web application in one stage
FROM python:3.11
LABEL maintainer="team@example.org" \
      org.opencontainers.image.title="Notes, and more"
ENV PYTHONUNBUFFERED 1
ENV FLASK_APP=app.py FLASK_ENV=production
RUN apt-get update && apt-get install -y \
    build-essential \
    # for the thumbnails
    libjpeg-dev \
    curl \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=3s CMD curl -f http://localhost:5000/health || exit 1
CMD flask run --host=0.0.0.0
