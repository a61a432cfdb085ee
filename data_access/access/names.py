"""Names as people type them, made into what is stored and compared."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

USERNAME: Final = re.compile(r"[a-z0-9._@-]{2,64}")
"""What somebody may choose as a username, once it is normal."""

_LONGEST_TYPED: Final = 256


def normal_username(text: str) -> str:
    """A username as it is stored and compared: full-width letters are plain ones, case does not count.

    Characters that nobody can see become the replacement character, which no username contains; some of them
    a database does not even take.
    """
    plain = unicodedata.normalize("NFKC", text[:_LONGEST_TYPED]).strip().lower()
    return "".join("\ufffd" if unicodedata.category(c)[0] == "C" else c for c in plain)


def one_line(text: str, longest: int) -> str:
    """Text that somebody gave, on one line without control characters, cut to length."""
    visible = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in unicodedata.normalize("NFC", text))
    return " ".join(visible.split())[:longest].strip()
