"""Canonical JSON: equal values give equal bytes, here and in TypeScript.

Keys are sorted by UTF-16 code units and numbers are written as ECMAScript's `Number::toString` does: what
`JSON.stringify` gives on sorted keys. There is no white space and no trailing newline.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

SIGNIFICANT_DIGITS = 6
_SMALLEST_PLAIN = 1e-6
_LARGEST_PLAIN = 1e21


def canonical_json(value: Any) -> bytes:
    """UTF-8 bytes of `value`. Raises `ValueError` on a non-finite number, `TypeError` on what is not JSON."""
    return _encode(value).encode("utf-8")


def sha256_hex(data: bytes) -> str:
    """Hex sha256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def digest_of(data: bytes) -> str:
    """`sha256:` and the hex sha256 of `data`, as artifacts are named."""
    return f"sha256:{sha256_hex(data)}"


def with_short_numbers(value: Any) -> Any:
    """`value` with floats at six significant digits: the last bit of a sum must not make a new digest."""
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: with_short_numbers(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_short_numbers(item) for item in value]
    return value


def with_named_infinities(value: Any) -> Any:
    """`value` with NaN and infinities as the strings `NaN`, `Infinity`, `-Infinity`: JSON has none."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, Mapping):
        return {key: with_named_infinities(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_named_infinities(item) for item in value]
    return value


def _encode(value: Any) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, Mapping):
        return _encode_object(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(_encode(item) for item in value)}]"
    raise TypeError(f"{type(value).__name__} is not a JSON value: {value!r}")


def _encode_object(value: Mapping[Any, Any]) -> str:
    if not all(isinstance(key, str) for key in value):
        raise TypeError(f"keys of a JSON object are strings, found {sorted(map(repr, value))}")
    keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return f"{{{','.join(f'{_encode(key)}:{_encode(value[key])}' for key in keys)}}}"


def _encode_float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"canonical JSON has no {value}")
    if value == 0:
        return "0"
    if _SMALLEST_PLAIN <= abs(value) < _LARGEST_PLAIN:
        plain = format(Decimal(repr(value)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, exponent = repr(value).split("e")
    sign = "+" if int(exponent) > 0 else "-"
    return f"{mantissa.removesuffix('.0')}e{sign}{abs(int(exponent))}"
