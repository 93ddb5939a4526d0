"""The kinds of values that settings are made of, with their bounds.

Times are in seconds and sizes in bytes unless the name of a setting says otherwise.
"""

from __future__ import annotations

from typing import Annotated

import msgspec


def doc(text: str) -> msgspec.Meta:
    """Return the annotation that explains a setting."""
    return msgspec.Meta(description=text)


Seconds = Annotated[float, msgspec.Meta(gt=0)]
SecondsOrZero = Annotated[float, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
CountOrZero = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
WebAddress = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]+[^\s]*$")]
OptionalWebAddress = Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s/]+[^\s]*)?$")]
SocketAddress = Annotated[str, msgspec.Meta(pattern=r"^wss?://[^\s/]+[^\s]*$")]
