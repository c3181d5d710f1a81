"""Reads a dashboard with Grafana's Python SDK and writes it again: a key that the model does not know is lost.

Usage: round_trip.py FILE… — exits 1 and names every path that was lost or changed.
"""

import json
import sys

from grafana_foundation_sdk.builders import barchart, prometheus, stat, table, text, timeseries  # noqa: F401
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def differences(before, after, path="$"):
    """Yields what `after` lacks or says differently. Defaults that the SDK adds are no loss."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key not in after:
                yield f"{path}.{key} is lost"
            else:
                yield from differences(value, after[key], f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (left, right) in enumerate(zip(before, after)):
            yield from differences(left, right, f"{path}[{index}]")
    elif before != after:
        yield f"{path} was {before!r} and became {after!r}"


def main(files):
    register_default_plugins()
    lost = 0
    for file in files:
        with open(file, encoding="utf-8") as handle:
            before = json.load(handle)
        after = json.loads(JSONEncoder().encode(Dashboard.from_json(before)))
        for difference in differences(before, after):
            print(f"{file}: {difference}")
            lost += 1
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
