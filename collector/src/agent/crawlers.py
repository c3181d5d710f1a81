"""Makes crawlers.txt of crawler-user-agents.json (github.com/monperrus/crawler-user-agents, MIT):

    pip download --no-deps crawler-user-agents && unzip crawler_user_agents-*.whl
    python3 crawlers.py crawleruseragents/crawler-user-agents.json VERSION > crawlers.txt

The list's patterns become plain words, so that one pass of an automaton finds them all. Left out are HTTP
libraries (they run no script), what `words.rs` already knows as a robot, and names that people's browsers,
apps and phones have too: a filter that silently drops customers is worse than one that lets a robot in.
"""

import json
import re
import sys

try:
    from re import _constants as kinds, _parser as parser
except ImportError:  # before Python 3.11
    import sre_constants as kinds
    import sre_parse as parser

# What `words.rs` takes for a robot anyway.
SIGNS = re.compile(r"(?i)(bot|spider)([-/;:,+()]|$)|crawl|slurp|headless|\+http")

# Names that are no robot's alone, and whose they are.
PEOPLES = {
    # Apps whose browser, or whose desktop program, people use.
    "Asana/", "Bluesky/", "Blackboard", "CapitalOneShopping", "Code/1.", "DMBrowser", "Daum/", "Disqus", "Feedly",
    "Fluid", "Goodreads", "GoPay", "Grammarly/", "Hatena", "HubSpot", "Hype Machine/", "IFTTT/", "Instapaper/",
    "Klaviyo/", "mail.ru", "Mastodon", "MetaIAB Facebook", "NewsBlur", "NewsNow/", "NextCloud", "Notion/",
    "Overcast/", "PayPal/", "Podimo", "PocketCasts/", "SnapchatAds/", "Sogou", "Swisscows", "Trae/", "Tumblr/",
    "Tweakers", "upday/", "Valve/Steam", "Viber", "vkShare", "WhatsApp", "WordPress/", "inoreader", "^Silk/",
    # Phones and tablets, and a build of Android.
    "008/", "AP3A.240617.008", "Butterfly", "Chirp", "Expanse", "Fever", "Nitro-", "Sonic", "ds9",
    # Words that could be anybody's.
    "Adventurer", "Buck/", "Bushbaby", "Charlotte", "Determ", "Devin", "Dlc/", "EZID", "Fetch/", "Genieo",
    "Golfe/", "Grover/", "Hello World", "Jetty", "Jumio", "Known Agent", "Magellan", "Make/", "Mavifinds", "NING/",
    "Notabot", "Novaact/", "Odin;", "Operator/", "Optimizer)", "Potions/", "RED/", "Readable/", "Retool/", "Rigor)",
    "Rivva", "Spectate/", "Splunk", "Stape/", "Stripe/", "Synapse", "Teoma", "TinEye", "Trove", "Trustly/", "Twurly",
    "Upflow", "Uptime/", "Verity/", "Vigil/", "WSM/", "Watchful", "Webflow", "YaK/", "Yeti", "Zapier", "^BW/",
    "convera", "eright", "fluffy", "ichiro", "iskanie", "linko", "postrank", "proximic", "s4a/", "speedy",
    "summify", "yanga",
}


def spelled_out(pattern):
    """Every text that a pattern matches, with ^ and $ where it is anchored; None when there is no end to them."""
    texts = [""]
    for kind, value in parser.parse(pattern):
        if kind is kinds.LITERAL:
            choices = [chr(value)]
        elif kind is kinds.IN and all(of is kinds.LITERAL for of, _ in value):
            choices = [chr(code) for _, code in value]
        elif kind is kinds.BRANCH:
            choices = [text for branch in value[1] for text in spelled_out_parsed(branch) or [None]]
        elif kind is kinds.SUBPATTERN:
            choices = spelled_out_parsed(value[-1])
        elif kind is kinds.AT and value is kinds.AT_BEGINNING:
            choices = ["^"]
        elif kind is kinds.AT and value is kinds.AT_END:
            choices = ["$"]
        else:
            return None
        if not choices or None in choices:
            return None
        texts = [text + choice for text in texts for choice in choices]
    return texts


def spelled_out_parsed(parsed):
    """The same for a part that is parsed already."""
    original, parser.parse = parser.parse, lambda part: part
    try:
        return spelled_out(parsed)
    finally:
        parser.parse = original


def main(path, version):
    with open(path, encoding="utf-8") as file:
        crawlers = json.load(file)
    words = set()
    for crawler in crawlers:
        instances = crawler.get("instances", [])
        if "http-library" in crawler.get("tags", []):
            continue
        if instances and all(SIGNS.search(instance) for instance in instances):
            continue
        texts = spelled_out(crawler["pattern"])
        if texts is None:
            print("left out, since it is no plain word:", crawler["pattern"], file=sys.stderr)
            continue
        for text in texts:
            if not SIGNS.search(text) and not any(text.startswith(name) for name in PEOPLES):
                words.add(text)
    print(f"# Names of robots: crawler-user-agents {version} (its licence: crawlers.LICENSE), as crawlers.py makes it.")
    print("\n".join(sorted(words)))


main(*sys.argv[1:])
