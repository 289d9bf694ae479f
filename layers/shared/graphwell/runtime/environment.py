"""Models whose fields are environment variables; pydantic-settings does the same for 35 ms of each cold start."""

from __future__ import annotations

import json
import os
from typing import Any, Self, get_origin

from pydantic import BaseModel, ConfigDict

PREFIX = "GRAPHWELL_"


class FromEnvironment(BaseModel):
    """Each field is the variable GRAPHWELL_<NAME>, as JSON where it is a list or an object.

    Schemas are built when the variables are read, which not every start does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def read(cls) -> Self:
        """Return what the variables say.

        Raises:
            pydantic.ValidationError: a variable is missing or has a wrong form.
            ValueError: one is no JSON.
        """
        given = {name: os.environ.get(PREFIX + name.upper()) for name in cls.model_fields}
        return cls.model_validate({name: cls._value(name, text) for name, text in given.items() if text is not None})

    @classmethod
    def _value(cls, name: str, text: str) -> Any:
        if get_origin(cls.model_fields[name].annotation) not in {dict, tuple}:
            return text
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"{PREFIX}{name.upper()} is no JSON ({error}).") from None
