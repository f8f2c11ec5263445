"""`python -m tests.lowest`: the lower bounds of pyproject.toml as constraints for pip. Needs nothing but Python 3.11."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

BOUND = re.compile(r"(?P<name>[\w.-]+)(?:\[[^]]*\])?>=(?P<version>[\w.]+)")


def constraints() -> Iterator[str]:
    """`name==version` for each requirement that has a lower bound: all of them."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        bound = BOUND.match(requirement)
        if bound is None:
            raise ValueError(f"{requirement!r} has no lower bound")
        yield f"{bound['name']}=={bound['version']}"


if __name__ == "__main__":
    print("\n".join(constraints()))  # noqa: T201 - the command's output
