from http import HTTPStatus

import logging
import yaml
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel

router = APIRouter(prefix="/pipelines", tags=["pipelines"])
logger = logging.getLogger("pipelines")

_store: dict[str, "Pipeline"] = {}


class Step(BaseModel):
    name: str
    image: str
    args: list[str] = []


class Pipeline(BaseModel):
    name: str
    steps: list[Step]


class DefinitionParser:
    loader = yaml.Loader

    def parse(self, text: str) -> Pipeline:
        document = yaml.load(text, Loader=self.loader)
        if not isinstance(document, dict):
            raise ValueError("the definition must be a mapping")
        return Pipeline(**document)


parser = DefinitionParser()


@router.put("/{name}", status_code=HTTPStatus.CREATED)
async def put_pipeline(name: str, request: Request):
    body = await request.body()
    if len(body) > 64_000:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        pipeline = parser.parse(body.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid definition")
    if pipeline.name != name:
        raise HTTPException(HTTPStatus.CONFLICT, "name differs from the address")
    _store[name] = pipeline
    logger.info("stored a pipeline with %d steps", len(pipeline.steps))
    return {"steps": len(pipeline.steps)}


@router.get("/{name}")
async def get_pipeline(name: str):
    if name not in _store:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return _store[name]
