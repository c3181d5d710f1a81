//! Which channel brought a visitor. Fields: page, referrer, the page's word, source, medium, name, click id.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use graadmeter_collector::config::Config;
use graadmeter_collector::place::channel::{Channels, Landing, Sources, Standard};
use graadmeter_fuzz::Fields;
use graadmeter_wire::{Campaign, Text, UrlParts};
use libfuzzer_sys::fuzz_target;

const SITE: &str = r#"
    [[site]]
    id = "shop"
    origins = ["*"]
    [[site.channel]]
    name = "partner"
    source = "*partner*"
    medium = "cp[ac]"
    [[site.channel]]
    name = "spring"
    campaign = "spring-{1,2}?"
    [[site.channel]]
    name = "paid_search"
    referrer = "**.ads.example"
"#;

static CHANNELS: LazyLock<Channels> = LazyLock::new(|| {
    let mut config = Config::parse(SITE, Path::new(".")).expect("the configuration is right");
    config.sites.remove(0).places.channels
});
static SOURCES: LazyLock<Sources> = LazyLock::new(Sources::new);

fuzz_target!(|input: &[u8]| {
    let Some(mut fields) = Fields::of(input) else { return };
    let (page, referrer, word) = (fields.text(), fields.word(), fields.word());
    let own_host = UrlParts::split(page).map_or("", |parts| parts.host());
    let tags = [fields.word(), fields.word(), fields.word()];
    let click = fields.word().and_then(Text::new);
    let campaign = |change: fn(&str) -> String| {
        let [source, medium, name] = tags.map(|tag| tag.map(change).and_then(Text::new));
        Campaign { source, medium, name, click: click.clone() }
    };
    let written = campaign(str::to_owned);
    let landing = Landing { word, campaign: Some(&written), referrer, own_host };
    let place = |landing: Landing<'_>| CHANNELS.name(CHANNELS.place(&landing, &SOURCES));

    let placed = place(landing);
    let is_channel = |name: &str| {
        Standard::ALL.iter().any(|channel| channel.name() == name) || ["partner", "spring"].contains(&name)
    };
    assert!(is_channel(placed), "{placed:?} is no channel of this site");
    if word.is_some_and(is_channel) {
        assert_eq!(Some(placed), word, "the page's own word comes first");
    }
    let loud = campaign(str::to_ascii_uppercase);
    assert_eq!(
        placed,
        place(Landing { campaign: Some(&loud), ..landing }),
        "letter case makes no difference"
    );
    assert_eq!(
        place(Landing { referrer: Some(page), ..landing }),
        place(Landing { referrer: None, ..landing }),
        "a shop refers nobody to itself"
    );
    if tags == [None; 3] && click.is_none() && referrer.is_none() && word.is_none() {
        assert_eq!(placed, Standard::Direct.name());
    }
});
