from dataclasses import dataclass

import yaml
from flask import Flask, jsonify, request

app = Flask(__name__)


@dataclass
class Step:
    name: str
    image: str
    commands: list


class PipelineParser:
    loader = yaml.Loader

    def parse(self, text):
        document = yaml.load(text, Loader=self.loader)
        if not isinstance(document, dict) or "steps" not in document:
            raise ValueError("steps are missing")
        return [
            Step(item["name"], item.get("image", "alpine"), list(item.get("commands", [])))
            for item in document["steps"]
        ]


@app.post("/pipelines/validate")
def validate():
    try:
        steps = PipelineParser().parse(request.get_data(as_text=True))
    except (ValueError, KeyError, yaml.YAMLError):
        return jsonify(valid=False), 422
    return jsonify(valid=True, steps=[step.name for step in steps])
