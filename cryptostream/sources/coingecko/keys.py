"""The key: from the environment or a file, sent in a header, and never written anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cryptostream.sources.coingecko.border import unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptostream.config.coingecko import CoinGecko

VARIABLE = "COINGECKO_API_KEY"
# A key in an address would end up in logs.
_HEADERS = {"demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}
# A real key has 27 characters.
_LONGEST = 200


def key_headers(settings: CoinGecko, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the header with the key that the plan needs, none without a plan. Reads a file.

    Raises:
        SourceError: the plan needs a key, and there is none that could be one.

    """
    name = _HEADERS.get(settings.plan)
    if name is None:
        return {}
    key = (environ.get(VARIABLE) or _from_file(settings.key_file)).strip()
    if not key:
        raise unauthorized(f"the plan {settings.plan!r} needs a key, and there is none")
    if not key.isascii() or not key.isprintable() or " " in key or len(key) > _LONGEST:
        raise unauthorized("what stands in the place of the key cannot be one")
    return {name: key}


def _from_file(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise unauthorized(f"the key file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise unauthorized(f"the key file {path} is no text") from error
