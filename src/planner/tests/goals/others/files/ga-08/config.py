import os

DEBUG = False
DATABASE_URL = os.environ["DATABASE_URL"]
STRIPE_KEY = os.environ.get("STRIPE_KEY")
ALLOWED_HOSTS = ["shop.example.org"]
PAGE_SIZE = 25
