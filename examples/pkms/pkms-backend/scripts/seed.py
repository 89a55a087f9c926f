"""Fill an empty installation with invented notes and todos.

    python scripts/seed.py --url http://localhost:8000 --notes 50
"""

import argparse

import httpx
from faker import Faker

ACCOUNT = {"username": "demo", "email": "demo@example.com", "password": "demo-password"}


def log_in(client: httpx.Client) -> None:
    client.post("/api/v1/auth/register", json=ACCOUNT)
    answer = client.post("/api/v1/auth/login", data=ACCOUNT)
    answer.raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def seed(client: httpx.Client, fake: Faker, count: int) -> None:
    for _ in range(count):
        client.post(
            "/api/v1/notes",
            json={
                "title": fake.sentence(nb_words=4),
                "content": "".join(f"<p>{text}</p>" for text in fake.paragraphs(3)),
                "tags": fake.words(2),
            },
        ).raise_for_status()
        client.post(
            "/api/v1/todos",
            json={
                "title": fake.sentence(nb_words=3),
                "due_on": fake.date_between("-10d", "+30d").isoformat(),
            },
        ).raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--notes", type=int, default=20)
    arguments = parser.parse_args()
    with httpx.Client(base_url=arguments.url) as client:
        log_in(client)
        seed(client, Faker(), arguments.notes)


if __name__ == "__main__":
    main()
