"""Makes zones.tsv of the tz database, which is in the public domain:

    pip download --no-deps tzdata && unzip tzdata-*.whl
    python3 zones.py tzdata/zoneinfo 2026f > zones.tsv

`zone.tab` has the country of each zone; the links of `tzdata.zi` give older names the country of the zone that they
stand for.
"""

import pathlib
import sys

# Old names of places, which `tzdata.zi` links to a zone with the same clocks in another country.
SAME_PLACE = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}
# Clocks of many countries, named after none.
NOWHERE = {"CET", "EET", "EST", "HST", "MET", "MST", "WET"}


def main(folder, version):
    folder = pathlib.Path(folder)
    rows = [line.split("\t") for line in (folder / "zone.tab").read_text().splitlines() if not line.startswith("#")]
    countries = {zone: country for country, _, zone, *_ in rows}
    links = [line.split() for line in (folder / "tzdata.zi").read_text().splitlines() if line.startswith("L ")]
    links = {name: target for _, target, name in links} | SAME_PLACE
    zones = dict(countries)
    for name in links.keys() - countries.keys() - NOWHERE:
        target = name
        while target not in countries and target in links:
            target = links[target]
        if target in countries:
            zones[name] = countries[target]
    print(
        "# IANA time zone and its country (ISO 3166-1), from zone.tab and the links of the tz database "
        f"{version}, which is in the public domain."
    )
    for zone, country in sorted(zones.items()):
        print(f"{zone}\t{country}")


main(*sys.argv[1:])
