"""Compares sources.tsv with Google Analytics 4's own list of source categories:

    python3 sources.py ga4_source_categories.csv

Google publishes the list with its default channel groups (support.google.com/analytics/answer/9756891) as a PDF;
as CSV (`source,source_category`) it comes with dbt packages for GA4's export, under the MIT licence. It was last
compared in November 2026, with 819 sources. What differs is printed: only web mailers may, which Google counts as
search engines where they belong to one. The rules are those of `sources.rs`.
"""

import csv
import pathlib
import sys

SHARED = {"co", "com", "net", "org", "ne", "or", "gov"}
SEARCHING = {"www", "search", "websearch", "images", "lite", "wap", "ntp"}
WORDS = {"SEARCH": "search", "SOCIAL": "social", "VIDEO": "video", "SHOPPING": "shopping"}


def read_table():
    lines = pathlib.Path(__file__).with_name("sources.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {source.removesuffix(".*"): (category, source.endswith(".*")) for source, category in rows}


def of_site(category, before):
    is_start = all(len(label) <= 2 or label in SEARCHING for label in before)
    return category if category != "search" or is_start else None


def category_of(table, source):
    if source in table:
        return table[source][0]
    labels = source.split(".")
    for start in range(1, len(labels) - 1):
        parent = ".".join(labels[start:])
        if parent in table:
            return of_site(table[parent][0], labels[:start])
    if len(labels) < 2:
        return None
    at = len(labels) - (3 if len(labels) > 2 and labels[-2] in SHARED else 2)
    category, everywhere = table.get(labels[at], (None, False))
    return of_site(category, labels[:at]) if everywhere else None


def main(path):
    table, compared, differing = read_table(), 0, 0
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            source, google = row["source"].strip().lower(), WORDS[row["source_category"].rsplit("_", 1)[1]]
            ours = category_of(table, source)
            compared += 1
            if ours != google:
                differing += 1
                print(f"{source}: {ours} here, {google} at Google")
    print(f"{compared} sources compared, {differing} differ")


main(*sys.argv[1:])
