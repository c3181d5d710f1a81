//! Requests as Chromium's `sendBeacon` makes them for a shop's page views, about a kilobyte of body each.

use graadmeter_tests::beacon::ORIGIN;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use graadmeter_tests::requests::{Draft, Hole};
use graadmeter_tests::visit::{Measure, Values, view};

/// A browser: its headers and what its script sees of the device.
struct Browser {
    user_agent: &'static str,
    hints: &'static str,
    device: &'static str,
}

const PHONE: Browser = Browser {
    user_agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    hints: "sec-ch-ua-platform: \"Android\"\r\nsec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"140\"\r\nsec-ch-ua-mobile: ?1\r\n",
    device: r#"{"w":412,"h":915,"dpr":2.625,"touch":5,"memory":8,"ect":"4g","mobile":true}"#,
};
const TABLET: Browser = Browser {
    user_agent: "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    hints: "sec-ch-ua-platform: \"Android\"\r\nsec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"140\"\r\nsec-ch-ua-mobile: ?0\r\n",
    device: r#"{"w":800,"h":1280,"dpr":2,"touch":10,"memory":4,"ect":"4g","mobile":false}"#,
};
const WINDOWS: Browser = Browser {
    user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    hints: "sec-ch-ua-platform: \"Windows\"\r\nsec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"140\"\r\nsec-ch-ua-mobile: ?0\r\n",
    device: r#"{"w":1536,"h":864,"dpr":1.25,"touch":0,"memory":8,"ect":"4g","mobile":false}"#,
};
const MAC: Browser = Browser {
    user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    hints: "sec-ch-ua-platform: \"macOS\"\r\nsec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"140\"\r\nsec-ch-ua-mobile: ?0\r\n",
    device: r#"{"w":1728,"h":1117,"dpr":2,"touch":0,"memory":16,"ect":"4g","mobile":false}"#,
};
const IPHONE: Browser = Browser {
    user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    hints: "",
    device: r#"{"w":390,"h":844,"dpr":3,"touch":5}"#,
};
const BROWSERS: [&Browser; 5] = [&PHONE, &WINDOWS, &IPHONE, &MAC, &TABLET];

/// Page groups of the shop, in the page's own words, and their paths.
const PAGES: [(&str, &str); 10] = [
    ("product", "/p/moonlight-jar-large"),
    ("category", "/c/vases"),
    ("home", "/"),
    ("cart", "/cart"),
    ("search", "/search"),
    ("checkout", "/checkout/address"),
    ("account", "/account/orders"),
    ("article", "/stories/how-a-bowl-is-thrown"),
    ("service", "/service/returns"),
    ("thank-you", "/checkout/thank-you"),
];

/// Referrers and campaigns, by the channel that they come from.
const LANDINGS: [(&str, &str); 8] = [
    ("https://www.google.com/", r#"{"source":"google","medium":"cpc","name":"winter-sale","click":"gclid"}"#),
    ("https://www.google.com/", ""),
    ("", ""),
    ("https://l.instagram.com/", r#"{"source":"instagram","medium":"paid-social","name":"bowls-2026"}"#),
    ("https://www.bing.com/", ""),
    ("https://mail.google.com/", r#"{"source":"newsletter","medium":"email","name":"week-47"}"#),
    ("https://blog.example/posts/tableware", ""),
    ("https://l.facebook.com/", r#"{"click":"fbclid"}"#),
];

const TIME_ZONES: [&str; 12] = [
    "Europe/Amsterdam",
    "Europe/Brussels",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Warsaw",
    "Europe/Madrid",
    "America/Sao_Paulo",
];

const CAUSES: &str = r#"{"lcp":{"target":"img.product-gallery__image","until":[310.2,905.1]},"cls":{"target":"div.banner"},"inp":{"target":"button.buy","until":[12,64.5]}}"#;

const THIRD_PARTIES: &str = r#"[{"host":"www.googletagmanager.com","count":3,"ms":312.4,"bytes":184213},{"host":"cdn.shop-static.example","count":14,"ms":0,"bytes":842130},{"host":"widget.trustpilot.example","count":4,"ms":88}]"#;

/// Standard channels that a page may name, as `channel` in a beacon.
const CHANNELS: [&str; 18] = [
    "direct",
    "organic_search",
    "paid_search",
    "organic_social",
    "email",
    "referral",
    "paid_social",
    "affiliate",
    "display",
    "organic_shopping",
    "paid_shopping",
    "organic_video",
    "paid_video",
    "sms",
    "push",
    "audio",
    "cross_network",
    "other",
];

/// ISO 3166-1 alpha-2, roughly by the number of people who are online; enough for more cells than the budget.
const COUNTRIES: &str = "NL BE DE FR GB US CA ES IT PL SE DK NO FI AT CH IE PT CZ HU RO GR BG HR SK SI LT LV EE LU \
    CN IN ID BR RU JP NG MX BD PH EG VN TR TH KR PK IR ZA AR CO MY UA SA TW AU KE PE MA CL DZ IQ KZ UZ LK GH TZ ET \
    EC NP VE HK MM BY TN AE GT DO KH UG SD RS IL AZ BO CI CM JO SG NZ PY ZW SN HN SY SV AO YE ML ZM CR UY LY LB KW \
    OM PA NI PR GE AL BA MN MD AM QA MK JM MU CY MT IS ME BH TT LA KG TM TJ AF MZ MG BF NE TD RW BJ TG SL LR GN GM \
    GA CG CD BI SO SS CF ER DJ KM CV ST GQ GW LS SZ BW NA MW HT CU GY SR BZ BS BB LC VC GD AG DM KN FJ PG SB VU WS \
    TO KI FM MH PW NR TV BN TL BT MV MC SM LI AD VA XK PS";

/// A landing, a later view and a conversion, in this order.
pub(crate) const SHARES_OF_A_GROUP: [f64; 3] = [0.33, 0.65, 0.02];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Landing,
    Later,
    Conversion,
}

/// Where the numbers in a body come from.
enum Numbers {
    /// They stay as they were drawn, and are written as the beacon's script writes them.
    Drawn(Values),
    /// Each request has its own.
    Holes,
}

/// Different full page views of one shop, with fixed values: only their ids and clients change.
#[must_use]
pub(crate) fn page_views(count: usize, seed: u64) -> Vec<Draft> {
    let mut random = SmallRng::seed_from_u64(seed);
    let draw = |random: &mut SmallRng| {
        let browser = BROWSERS[..].choose(random).expect("not empty");
        let (referrer, campaign) = *LANDINGS[..].choose(random).expect("not empty");
        let numbers = Numbers::Drawn(view(random));
        let kind = if random.random_bool(SHARES_OF_A_GROUP[0]) { Kind::Landing } else { Kind::Later };
        let who = Who {
            channel: None,
            referrer,
            campaign,
            time_zone: TIME_ZONES[..].choose(random).expect("not empty"),
        };
        request(
            browser,
            None,
            &body(kind, &who, *PAGES[..].choose(random).expect("not empty"), browser, &numbers),
        )
    };
    (0..count).map(|_| draw(&mut random)).collect()
}

/// Groups of a landing, a later view and a conversion, a group for each of at least `cells` cells of the visitor
/// view; each request has values of its own.
///
/// The cells are told apart by device, by the page's word for the channel, and by the country that a proxy names.
#[must_use]
pub(crate) fn visitor_cells(cells: usize, country_header: &str, seed: u64) -> Vec<Draft> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut all: Vec<(&Browser, &str, &str)> = COUNTRIES
        .split_whitespace()
        .flat_map(|country| CHANNELS.iter().map(move |channel| (country, *channel)))
        .flat_map(|(country, channel)| [&PHONE, &WINDOWS, &TABLET].map(|browser| (browser, channel, country)))
        .collect();
    assert!(all.len() >= cells, "{} cells at most", all.len());
    all.truncate(cells);
    let mut drafts = Vec::with_capacity(3 * cells);
    for (browser, channel, country) in all {
        let who = Who {
            channel: Some(channel),
            referrer: "https://www.google.com/",
            campaign: "",
            time_zone: TIME_ZONES[0],
        };
        for kind in [Kind::Landing, Kind::Later, Kind::Conversion] {
            let page = *PAGES[..].choose(&mut random).expect("not empty");
            let body = body(kind, &who, page, browser, &Numbers::Holes);
            drafts.push(request(browser, Some(&format!("{country_header}: {country}\r\n")), &body));
        }
    }
    drafts
}

/// A flood of names: every field that could become a label has a value that was never seen before.
#[must_use]
pub(crate) fn flood(country_header: &str) -> Vec<Draft> {
    let mut letters = Draft::default();
    letters.text(country_header).text(": ").hole(Hole::Letters).text("\r\n");
    let mut word = Draft::default();
    word.text(country_header).text(": ").hole(Hole::Fresh).text("\r\n");
    let drafts = [letters, word].map(|country| {
        let mut body = Draft::default();
        body.text(r#"{"v":1,"site":"shop","id":""#).hole(Hole::Fresh).hole(Hole::Fresh);
        body.text(r#"","kind":"page","url":""#).text(ORIGIN).text("/p/").hole(Hole::Fresh);
        body.text(r#"","ref":"https://"#).hole(Hole::Fresh).text(".example/").hole(Hole::Fresh);
        for key in ["page", "channel", "variant"] {
            body.text("\",\"").text(key).text(r#"":"n-"#).hole(Hole::Fresh);
        }
        body.text(r#"","tz":"Europe/"#).hole(Hole::Fresh);
        body.text(r#"","session":{"id":""#).hole(Hole::Fresh).text(r#"","n":1},"campaign":{"source":"s-"#);
        body.hole(Hole::Fresh).text(r#"","medium":"m-"#).hole(Hole::Fresh).text(r#"","name":"c-"#);
        body.hole(Hole::Fresh).text(r#"","click":"k-"#).hole(Hole::Fresh);
        body.text(r#""},"third_party":[{"host":"t-"#)
            .hole(Hole::Fresh)
            .text(r#".example","count":1,"bytes":1000,"ms":"#);
        body.hole(Hole::Measured(Measure::Response)).text("}],");
        vitals(&mut body, &Numbers::Holes);
        body.text(",");
        timing(&mut body, &Numbers::Holes);
        body.text("}");
        let mut head = head(&format!("X-Forwarded-Host: {ORIGIN}\r\n"));
        head.draft(&country).text("X-Forwarded-For: ").hole(Hole::FreshClient);
        head.text("\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 ")
            .hole(Hole::Fresh)
            .text("\r\n");
        whole(head, &body)
    });
    drafts.into()
}

/// Who looks at the page, and why.
struct Who<'a> {
    channel: Option<&'a str>,
    referrer: &'a str,
    campaign: &'a str,
    time_zone: &'a str,
}

/// The keys stand in the order in which the beacon's script writes them.
fn body(kind: Kind, who: &Who<'_>, page: (&str, &str), browser: &Browser, numbers: &Numbers) -> Draft {
    let mut body = Draft::default();
    let referrer = if kind == Kind::Landing { who.referrer } else { "https://www.shop.example/" };
    body.text(&format!(
        r#"{{"v":1,"site":"shop","url":"{ORIGIN}{}","ref":"{referrer}","nav":"navigate""#,
        page.1
    ));
    let campaign =
        if who.campaign.is_empty() { String::new() } else { format!(r#","campaign":{}"#, who.campaign) };
    if kind == Kind::Landing {
        body.text(&campaign);
    }
    body.text(&format!(r#","device":{},"tz":"{}""#, browser.device, who.time_zone));
    body.text(&format!(r#","page":"{}","variant":"b""#, page.0));
    if let Some(channel) = who.channel {
        body.text(&format!(r#","channel":"{channel}""#));
    }
    body.text(r#","session":{"id":""#).hole(Hole::Fresh).text("17");
    if kind == Kind::Landing {
        body.text(r#"","n":1}"#);
    } else {
        body.text(r#"","n":4,"landing":{"lcp":"#);
        number(&mut body, Measure::LandingLcp, numbers).text(r#","load":"#);
        number(&mut body, Measure::LandingLoad, numbers);
        body.text(&format!(r#","ref":"{}","page":"home"{campaign}}}}}"#, who.referrer));
    }
    body.text(r#","id":""#).hole(Hole::Fresh);
    if kind == Kind::Conversion {
        body.text(r#"26","kind":"conversion","conversion":{"value":"59.95","currency":"EUR","order":"A"#);
        body.hole(Hole::Fresh).text(r#"","first":true}"#);
    } else {
        body.text(r#"26","kind":"page","#);
        vitals(&mut body, numbers);
        body.text(&format!(r#","cause":{CAUSES},"third_party":{THIRD_PARTIES},"#));
        timing(&mut body, numbers);
    }
    body.text("}");
    body
}

fn vitals(body: &mut Draft, numbers: &Numbers) {
    body.text(r#""vitals":{"ttfb":"#);
    number(body, Measure::Ttfb, numbers);
    for (key, measure) in
        [("fcp", Measure::Fcp), ("cls", Measure::Cls), ("lcp", Measure::Lcp), ("inp", Measure::Inp)]
    {
        body.text(&format!(r#","{key}":"#));
        number(body, measure, numbers);
    }
    body.text("}");
}

fn timing(body: &mut Draft, numbers: &Numbers) {
    body.text(r#""timing":{"redirect":0"#);
    for (key, measure) in [
        ("dns", Measure::Dns),
        ("connect", Measure::Connect),
        ("tls", Measure::Tls),
        ("ttfb", Measure::Ttfb),
        ("response", Measure::Response),
        ("dom_interactive", Measure::DomInteractive),
        ("dom_content_loaded", Measure::DomContentLoaded),
        ("load", Measure::Load),
    ] {
        body.text(&format!(r#","{key}":"#));
        number(body, measure, numbers);
    }
    body.text("}");
}

fn number<'a>(body: &'a mut Draft, measure: Measure, numbers: &Numbers) -> &'a mut Draft {
    match (numbers, measure) {
        (Numbers::Holes, _) => body.hole(Hole::Measured(measure)),
        // Scores have four decimals, and milliseconds one.
        (Numbers::Drawn(values), Measure::Cls) => body.text(&rounded(values[measure as usize], 1e4)),
        (Numbers::Drawn(values), _) => body.text(&rounded(values[measure as usize], 10.0)),
    }
}

fn rounded(value: f64, parts: f64) -> String {
    ((value * parts).round() / parts).to_string()
}

fn request(browser: &Browser, extra: Option<&str>, body: &Draft) -> Draft {
    let mut head = head(browser.hints);
    head.text(&format!("User-Agent: {}\r\n", browser.user_agent)).text(extra.unwrap_or_default());
    head.text("X-Forwarded-For: ").hole(Hole::Client).text("\r\n");
    whole(head, body)
}

/// What Chromium sends whatever the browser, and these lines.
fn head(lines: &str) -> Draft {
    let mut head = Draft::default();
    head.text("POST /v1/beacon HTTP/1.1\r\nHost: rum.shop.example\r\nConnection: keep-alive\r\n").text(lines);
    head.text("Content-Type: text/plain;charset=UTF-8\r\nAccept: */*\r\n");
    head.text(&format!("Origin: {ORIGIN}\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors\r\n"));
    head.text(&format!(
        "Sec-Fetch-Dest: empty\r\nReferer: {ORIGIN}/\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    ));
    head.text("Accept-Language: nl-NL,nl;q=0.9,en-US;q=0.8,en;q=0.7\r\n");
    head
}

fn whole(mut head: Draft, body: &Draft) -> Draft {
    head.text(&format!("Content-Length: {}\r\n\r\n", body.length())).draft(body);
    head
}
