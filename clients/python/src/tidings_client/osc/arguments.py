"""Times and numbers on the command line."""

import argparse
import re
from datetime import datetime, timedelta, timezone

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def time(text):
    """Reads a time as the API takes it, or how long ago it is: `30m`, `2h`, `7d`, `1w`."""
    ago = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    if ago:
        since = datetime.now(timezone.utc) - timedelta(**{UNITS[ago.group(2)]: int(ago.group(1))})
        return since.strftime("%Y-%m-%dT%H:%M:%S.%f")
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        raise argparse.ArgumentTypeError(
            f"must be a time such as 2026-11-21T03:20:24 or 2026-11-21, or so long ago: 30m, 2h, 7d, not: {text!r}"
        )
    return text


def positive(text):
    """Reads a number of things."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number, 1 or more: {text!r}")
    return int(text)
