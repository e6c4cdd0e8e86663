import logging
import os

from bson import ObjectId
from bson.errors import InvalidId
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from pymongo import MongoClient

app = FastAPI(title="articles")
log = logging.getLogger("articles")

client = MongoClient(os.environ["MONGO_URL"], serverSelectionTimeoutMS=3000)
articles = client.blog.articles


class Search(BaseModel):
    author: str
    min_words: int = 0
    published: bool = True


def words_condition(author, min_words):
    script = (
        "function() {"
        " return this.author.toLowerCase() == '%s'.toLowerCase()"
        " && this.text.split(' ').length >= %d; }"
    )
    return script % (author, min_words)


def public(doc):
    return {"id": str(doc["_id"]), "title": doc["title"], "author": doc["author"]}


@app.post("/search")
def search(body: Search):
    condition = {"published": body.published}
    condition["$where"] = words_condition(body.author, body.min_words)
    cursor = articles.find(condition).sort("created", -1).limit(50)
    result = [public(d) for d in cursor]
    log.info("search found %d articles", len(result))
    return result


@app.get("/articles/{article_id}")
def article(article_id: str):
    try:
        key = ObjectId(article_id)
    except InvalidId:
        raise HTTPException(404)
    doc = articles.find_one({"_id": key, "published": True})
    if doc is None:
        raise HTTPException(404)
    return dict(public(doc), text=doc["text"])
