r"""Convert literals such as ``u"a"``, ``ur"\d"`` and ``"\u"``, but not the name ``unicode``."""

from __future__ import annotations

from fissix.fixes.fix_unicode import FixUnicode


class FixStrings(FixUnicode):
    """Removes the prefix u, and doubles backslashes that were no escapes."""

    PATTERN = "STRING"
