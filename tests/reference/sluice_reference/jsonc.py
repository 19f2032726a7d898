"""Policy text to plain objects: JSON with comments and trailing commas."""

import json
import re

from .errors import PolicyError

_STRING = r'"(?:\\.|[^"\\])*"'
_STRING_OR_COMMENT = re.compile(_STRING + r"|//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING_OR_TRAILING_COMMA = re.compile(_STRING + r"|,(?=\s*[}\]])")


def read(text: str) -> dict:
    without_comments = _STRING_OR_COMMENT.sub(lambda m: m[0] if m[0].startswith('"') else " ", text)
    plain = _STRING_OR_TRAILING_COMMA.sub(lambda m: m[0] if m[0].startswith('"') else " ", without_comments)
    try:
        return json.loads(plain, object_pairs_hook=_object, parse_float=_no_number, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise PolicyError(f"not JSON: {error}") from error


def _object(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise PolicyError(f"duplicate field among {names}")
    return dict(pairs)


def _no_number(text):
    raise PolicyError(f"{text} is not an integer")
