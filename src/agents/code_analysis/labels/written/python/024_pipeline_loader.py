from dataclasses import dataclass, field
from pathlib import Path

import yaml


class PipelineError(ValueError):
    pass


@dataclass
class Step:
    name: str
    image: str = "alpine"
    commands: list[str] = field(default_factory=list)

    @classmethod
    def from_mapping(cls, data):
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            raise PipelineError("every step needs a name")
        unknown = set(data) - {"name", "image", "commands"}
        if unknown:
            raise PipelineError("unknown keys: " + ", ".join(sorted(map(str, unknown))))
        commands = data.get("commands", [])
        if not all(isinstance(command, str) for command in commands):
            raise PipelineError("commands must be text")
        return cls(data["name"], str(data.get("image", "alpine")), list(commands))


def parse(text):
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        raise PipelineError("not valid YAML") from None
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        raise PipelineError("steps are missing")
    return [Step.from_mapping(item) for item in document["steps"]]


def load(path: Path):
    return parse(path.read_text(encoding="utf-8"))
