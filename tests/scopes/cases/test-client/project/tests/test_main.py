from fastapi.testclient import TestClient
