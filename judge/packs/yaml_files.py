"""YAML files (of packs, `--config`, `--prices`): no value is lost without a word, and none grows without end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from judge.errors import InputError
from judge.files import read_text

MOST_VALUES = 1_000_000
"""Of a YAML file, an alias counted as often as it is used."""

MERGE = "tag:yaml.org,2002:merge"
"""The tag of the key `<<`, with which a small file can grow without end while it is read."""


NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
DATE = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """Loads no mapping with a key twice, as one of its values would be lost, and follows no merge key.

    A date is the text that is written.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name that PyYAML reads
        first: [(tag, pattern) for tag, pattern in known if tag != DATE]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping. Raises ConstructorError."""
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            fault = "is given twice" if key.value in seen else "is not read" if key.tag == MERGE else None
            if fault:
                raise yaml.constructor.ConstructorError(None, None, f"'{key.value}' {fault}", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, *, numbers: bool = True) -> Any:
    """Return the content of a YAML file. Raises InputError (file, line, column).

    `numbers=False`: a number, or a list of them, under a key of the file's own mapping is the text that is written:
    YAML reads 3.10 as 3.1, 010 as 8 and 1:30 as 90.
    """
    text = read_text(path)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if not numbers and isinstance(root, yaml.MappingNode):
            _keep_texts(value for _, value in root.value)
        data = None if root is None else loader.construct_document(root)
    except RecursionError:
        raise InputError("is nested too deep to be read", path=path) from None
    except ValueError as error:  # a number of thousands of digits
        raise InputError(f"is not YAML ({error})", path=path) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        problem = getattr(error, "problem", None) or "broken"
        raise InputError(f"is not YAML ({problem})", path=path, line=line, column=column) from None
    _bounded(data, path)
    return data


def _keep_texts(nodes: Iterable[yaml.Node]) -> None:
    """Let the numbers among values, and in lists among them, be read as texts."""
    for node in nodes:
        for one in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if isinstance(one, yaml.ScalarNode) and one.tag in NUMBERS:
                one.tag = "tag:yaml.org,2002:str"


def _bounded(data: object, path: Path) -> None:
    """Raise InputError for what is endless, or would be once its aliases are written out."""
    left, number = [data], 0
    while left:
        value = left.pop()
        number += 1
        if isinstance(value, dict):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            left += value
        if number + len(left) > MOST_VALUES:
            what = f"holds over {MOST_VALUES:,} values, or one that holds itself"
            raise InputError(what, path=path, mend="write it without aliases (*name)")
