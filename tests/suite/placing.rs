//! Does each real request land under the right device, channel, country and page?

use graadmeter_tests::beacon::{Beacon, DESKTOP, IPHONE, MAC, ORIGIN, PHONE, TABLET};
use graadmeter_tests::collector::{Collector, SHOP, run};
use graadmeter_tests::exposition::{Labels, Metrics};
use graadmeter_tests::geo::{database, replace, write_database};
use graadmeter_tests::raw_http::Request;
use graadmeter_tests::wait::{SOON, until};
use serde_json::{Value, json};

/// Sends one request and gives the labels of the only page view that it added, and of its page's cell.
async fn placed(collector: &Collector, request: &Request) -> (Labels, Labels) {
    let before = collector.metrics().await;
    let response = request.send(collector.public).await;
    assert_eq!(response.status, 204, "{}", response.everything());
    let after = collector.metrics().await;
    (grown(&before, &after, "rum_page_views_total"), grown(&before, &after, "rum_page_fcp_seconds_count"))
}

fn grown(before: &Metrics, after: &Metrics, name: &str) -> Labels {
    let growth: Vec<_> =
        after.growth_since(before).into_iter().filter(|(sample, ..)| sample == name).collect();
    match &growth[..] {
        [(_, labels, growth)] if (growth - 1.0).abs() < 1e-9 => labels.clone(),
        other => panic!("{name} grew by {other:?}, not by one view"),
    }
}

fn view() -> Beacon {
    Beacon::page().with("/vitals", json!({"fcp": 700}))
}

#[tokio::test]
async fn the_device_is_known_by_hints_then_user_agent_then_touch() {
    let collector = Collector::serve(SHOP).await;
    let touch = |w: u32, h: u32, points: u32| {
        view().with("/device", json!({"w": w, "h": h, "touch": points, "dpr": 2}))
    };
    let cases = [
        ("Chrome on Windows", view().from(DESKTOP), "desktop"),
        ("Chrome on Android", view().from(PHONE), "mobile"),
        ("Chrome on an Android tablet", view().from(TABLET), "tablet"),
        ("an iPhone", touch(393, 852, 5).from(IPHONE), "mobile"),
        ("a Mac", touch(1728, 1117, 0).from(MAC), "desktop"),
        ("an iPad that says it is a Mac", touch(820, 1180, 5).from(MAC), "tablet"),
        ("a laptop with a touch screen", touch(1536, 864, 10).from(DESKTOP), "desktop"),
        ("a phone by its hint", view().from_with(DESKTOP, "Sec-CH-UA-Mobile", "?1"), "mobile"),
        (
            "a phone by what the page was told",
            view().with("/device", json!({"mobile": true})).from(DESKTOP),
            "mobile",
        ),
    ];
    for (what, request, device) in cases {
        let (visitor, page) = placed(&collector, &request).await;
        assert_eq!((&*visitor["device"], &*page["device"]), (device, device), "{what}");
    }
}

/// Referrer and campaign of a landing, and the channel of Google Analytics 4's default grouping.
fn channels() -> Vec<(&'static str, Value, &'static str)> {
    let campaign =
        |source: &str, medium: &str, name: &str| json!({"source": source, "medium": medium, "name": name});
    vec![
        ("", Value::Null, "direct"),
        ("https://www.shop.example/p/1", Value::Null, "direct"),
        ("https://www.google.com/", Value::Null, "organic_search"),
        ("https://www.google.nl/", Value::Null, "organic_search"),
        ("https://www.bing.com/", Value::Null, "organic_search"),
        ("https://duckduckgo.com/", Value::Null, "organic_search"),
        ("", campaign("google", "organic", ""), "organic_search"),
        ("", campaign("google", "cpc", "winter"), "paid_search"),
        ("https://www.google.com/", campaign("google", "cpc", "winter"), "paid_search"),
        ("https://www.google.com/", json!({"click": "gclid"}), "paid_search"),
        ("", campaign("bing", "ppc", ""), "paid_search"),
        ("https://www.facebook.com/", Value::Null, "organic_social"),
        ("https://l.instagram.com/", Value::Null, "organic_social"),
        ("https://t.co/", Value::Null, "organic_social"),
        ("", campaign("newsroom", "social", ""), "organic_social"),
        ("", campaign("facebook", "paid", ""), "paid_social"),
        ("", campaign("instagram", "cpc", ""), "paid_social"),
        ("https://www.youtube.com/", Value::Null, "organic_video"),
        ("", campaign("youtube", "cpc", ""), "paid_video"),
        ("", campaign("newsletter", "email", "june"), "email"),
        ("", campaign("email", "", ""), "email"),
        ("", campaign("partner.example", "affiliate", ""), "affiliate"),
        ("", campaign("adnet", "display", ""), "display"),
        ("", campaign("adnet", "banner", ""), "display"),
        ("", campaign("adnet", "cpm", ""), "display"),
        ("https://www.amazon.com/", Value::Null, "organic_shopping"),
        ("", campaign("google", "cpc", "shopping winter"), "paid_shopping"),
        ("", campaign("pricegrabber.example", "cpc", "shop"), "paid_shopping"),
        ("", campaign("app", "push", ""), "push"),
        ("", campaign("sms", "sms", ""), "sms"),
        ("", campaign("podcast", "audio", ""), "audio"),
        ("", campaign("google", "cpc", "cross-network summer"), "cross_network"),
        ("https://blog.example/best-mugs", Value::Null, "referral"),
        ("", campaign("blog.example", "referral", ""), "referral"),
    ]
}

#[tokio::test]
async fn the_channel_is_that_of_the_landing() {
    let collector = Collector::serve(SHOP).await;
    for (referrer, campaign, channel) in channels() {
        let landing = view().with("/ref", json!(referrer)).with("/campaign", campaign.clone());
        let (visitor, _) = placed(&collector, &landing.from(DESKTOP)).await;
        assert_eq!(visitor["channel"], channel, "landing from {referrer:?} with {campaign}");

        let landing = json!({"ref": referrer, "campaign": campaign});
        let later = Beacon::later_view(landing)
            .with("/ref", json!("https://www.shop.example/"))
            .with("/vitals/fcp", json!(1));
        let (visitor, _) = placed(&collector, &later.from(DESKTOP)).await;
        assert_eq!(visitor["channel"], channel, "later view after {referrer:?} with {campaign}");
    }
}

#[tokio::test]
async fn the_page_may_name_the_channel_and_the_site_has_rules_of_its_own() {
    let rules = format!("{SHOP}\n[[site.channel]]\nname = \"affiliate\"\nmedium = \"partner*\"\n");
    let collector = Collector::serve(&rules).await;
    let named = view().with("/channel", json!("email")).with("/ref", json!("https://www.google.com/"));
    assert_eq!(placed(&collector, &named.from(DESKTOP)).await.0["channel"], "email");
    let partner = view().with("/campaign", json!({"source": "google", "medium": "partner-nl"}));
    assert_eq!(placed(&collector, &partner.from(DESKTOP)).await.0["channel"], "affiliate");
}

#[tokio::test]
async fn the_country_is_that_of_the_time_zone() {
    let collector = Collector::serve(SHOP).await;
    let zones = [
        ("Europe/Amsterdam", "NL"),
        ("Europe/Brussels", "BE"),
        ("Europe/Berlin", "DE"),
        ("Europe/London", "GB"),
        ("America/New_York", "US"),
        ("America/Sao_Paulo", "BR"),
        ("America/Argentina/Buenos_Aires", "AR"),
        ("Asia/Kolkata", "IN"),
        ("Asia/Calcutta", "IN"),
        ("Europe/Kyiv", "UA"),
        ("Europe/Kiev", "UA"),
        ("Asia/Saigon", "VN"),
        ("Pacific/Auckland", "NZ"),
        ("Europe/Luxembourg", "LU"),
        ("Europe/Oslo", "NO"),
        ("Atlantic/Reykjavik", "IS"),
        ("Africa/Accra", "GH"),
        ("UTC", "ZZ"),
        ("Etc/GMT-1", "ZZ"),
        ("Europe/Atlantis", "ZZ"),
        ("", "ZZ"),
    ];
    for (zone, country) in zones {
        let (visitor, _) = placed(&collector, &view().with("/tz", json!(zone)).from(DESKTOP)).await;
        assert_eq!(visitor["country"], country, "{zone:?}");
    }
    assert_eq!(placed(&collector, &view().without("tz").from(DESKTOP)).await.0["country"], "ZZ");
}

#[tokio::test]
async fn the_page_is_a_group_never_an_address() {
    let collector = Collector::serve(SHOP).await;
    let pages = [
        (Some("checkout"), "/p/1", "checkout"),
        (None, "/p/1", "product"),
        (None, "/p/mugs/blue?size=l#top", "product"),
        (None, "/", "home"),
        (None, "/?utm_source=x", "home"),
        (None, "/unknown/jane@shop.example", "other"),
        (Some(""), "/p/1", "product"),
    ];
    for (word, path, page) in pages {
        let beacon = view().with("/url", json!(format!("{ORIGIN}{path}"))).with("/page", json!(word));
        assert_eq!(placed(&collector, &beacon.from(DESKTOP)).await.1["page"], page, "{word:?} {path}");
    }
    assert!(!collector.exposition().await.contains("jane"));
}

const GEO: &str = "[geo]\ndatabase = \"geo.mmdb\"\n";
const PROXIES: &str = "[proxies]\ntrusted = [\"127.0.0.0/8\", \"10.0.0.0/8\"]\n";

async fn serve_with_database(config: &str, networks: &[(&str, &str)]) -> Collector {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_database(&folder.path().join("geo.mmdb"), networks);
    Collector::serve_in(folder, config).await
}

#[tokio::test]
async fn the_address_that_trusted_proxies_vouch_for_decides_the_country() {
    let networks = [("203.0.113.0/24", "DE"), ("198.51.100.0/24", "FR"), ("192.0.2.0/24", "SE")];
    let collector = serve_with_database(&format!("{GEO}{PROXIES}{SHOP}"), &networks).await;
    let chains = [
        ("203.0.113.9", "DE"),
        ("198.51.100.7", "FR"),
        ("203.0.113.9, 10.1.2.3", "DE"),
        ("203.0.113.9,10.1.2.3 , 127.0.0.1", "DE"),
        ("198.51.100.7, 203.0.113.9", "DE"), // what a visitor claims stands left of what our proxy saw
        ("10.0.0.9, 203.0.113.9, 10.1.2.3", "DE"),
        ("garbage, 192.0.2.1", "SE"),
    ];
    for (chain, country) in chains {
        let request = view().from_with(DESKTOP, "X-Forwarded-For", chain);
        assert_eq!(placed(&collector, &request).await.0["country"], country, "{chain}");
    }
}

#[tokio::test]
async fn nobody_else_is_believed_about_addresses() {
    let networks = [("203.0.113.0/24", "DE"), ("127.0.0.0/8", "SE")];
    let collector = serve_with_database(&format!("{GEO}{SHOP}"), &networks).await;
    let request = view().from_with(DESKTOP, "X-Forwarded-For", "203.0.113.9");
    assert_eq!(placed(&collector, &request).await.0["country"], "SE", "the peer's own address decides");
}

#[tokio::test]
async fn a_changed_database_is_picked_up() {
    let collector = serve_with_database(&format!("{GEO}{SHOP}"), &[("127.0.0.0/8", "SE")]).await;
    assert_eq!(placed(&collector, &view().from(DESKTOP)).await.0["country"], "SE");
    write_database(&collector.folder().join("geo.mmdb"), &[("127.0.0.0/8", "FI"), ("10.0.0.0/8", "FI")]);
    until(3 * SOON, "the new database is used", async || {
        let country = placed(&collector, &view().from(DESKTOP)).await.0["country"].clone();
        if country == "FI" { Ok(()) } else { Err(country) }
    })
    .await;
}

#[tokio::test]
async fn a_site_may_ask_for_regions() {
    let networks = [("127.0.0.0/8", "NL-NH")];
    let plain = serve_with_database(&format!("{GEO}{SHOP}"), &networks).await;
    assert_eq!(placed(&plain, &view().from(DESKTOP)).await.0["country"], "NL");
    let shop = SHOP.replace("currency = \"EUR\"", "currency = \"EUR\"\nregions = true");
    let asking = serve_with_database(&format!("{GEO}{shop}"), &networks).await;
    assert_eq!(placed(&asking, &view().from(DESKTOP)).await.0["country"], "NL-NH");
}

#[tokio::test]
async fn a_broken_database_is_refused_at_start() {
    let whole = database("GeoLite2-City", &[("127.0.0.0/8", "SE"), ("10.0.0.0/8", "FI")]);
    let mut flipped = whole.clone();
    flipped[0] ^= 0xff; // a branch of the tree that leads nowhere
    let broken = [
        ("truncated", whole[..whole.len() / 2].to_vec(), "no MaxMind database"),
        ("empty", Vec::new(), "no MaxMind database"),
        ("a web page", b"<html>Sign in to download</html>".to_vec(), "no MaxMind database"),
        ("a flipped byte", flipped, "broken"),
        ("of other things", database("GeoLite2-ASN", &[("127.0.0.0/8", "SE")]), "GeoLite2-ASN"),
    ];
    for (what, bytes, says) in broken {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("geo.mmdb"), bytes).expect("a temporary file");
        std::fs::write(folder.path().join("shop.toml"), format!("{GEO}{SHOP}")).expect("a temporary file");
        for arguments in [&["check-config", "shop.toml"][..], &["serve", "--config", "shop.toml"]] {
            let ended = run(arguments, folder.path()).await;
            assert!(!ended.status.success(), "{what}: {arguments:?}");
            let said = ended.lines.join("\n");
            assert!(said.contains("geo.mmdb") && said.contains(says), "{what}: {said}");
        }
    }
}

#[tokio::test]
async fn a_broken_database_does_not_replace_a_good_one() {
    let collector = serve_with_database(&format!("{GEO}{SHOP}"), &[("127.0.0.0/8", "SE")]).await;
    let file = collector.folder().join("geo.mmdb");
    let new = database("GeoLite2-City", &[("127.0.0.0/8", "FI"), ("10.0.0.0/8", "FI")]);
    replace(&file, &new[..new.len() - 40]);
    collector.process_says("keeping the old geo database").await;
    assert_eq!(placed(&collector, &view().from(DESKTOP)).await.0["country"], "SE");
    replace(&file, &new);
    until(3 * SOON, "the whole database is used", async || {
        let country = placed(&collector, &view().from(DESKTOP)).await.0["country"].clone();
        if country == "FI" { Ok(()) } else { Err(country) }
    })
    .await;
}

#[tokio::test]
async fn robots_are_kept_out_by_name_by_flag_and_by_impossible_times() {
    const CRAWLER: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/156.0.0.0 Safari/537.36";
    let automated = || view().with("/device", json!({"webdriver": true}));
    let made_up = || {
        let timing = json!({"ttfb": 100, "dom_interactive": 2_000, "dom_content_loaded": 900, "load": 300});
        view().with("/nav", json!("navigate")).with("/timing", timing)
    };
    let collector = Collector::serve(SHOP).await;
    let robots = [view().from(CRAWLER), automated().from(DESKTOP), made_up().from(DESKTOP)];
    for robot in &robots {
        assert_eq!(robot.send(collector.public).await.status, 204);
    }
    assert_eq!(collector.outcome("bot").await, 3.0);
    assert_eq!(collector.outcome("accepted").await, 0.0);

    let including = SHOP.replace("currency = \"EUR\"", "currency = \"EUR\"\nrobots = \"include\"");
    let collector = Collector::serve(&including).await;
    for robot in [view().from(CRAWLER), automated().from(DESKTOP), made_up().from(DESKTOP)] {
        placed(&collector, &robot).await;
    }
    assert_eq!(collector.outcome("accepted").await, 3.0);
}

#[tokio::test]
async fn a_country_header_is_believed_from_trusted_proxies_only() {
    let header = "[geo]\ncountry_header = \"CF-IPCountry\"\n";
    let request = || view().from_with(DESKTOP, "CF-IPCountry", "JP");
    let trusting = Collector::serve(&format!("{header}{PROXIES}{SHOP}")).await;
    assert_eq!(placed(&trusting, &request()).await.0["country"], "JP");
    let nonsense = view().from_with(DESKTOP, "CF-IPCountry", "T1<script>");
    assert_eq!(placed(&trusting, &nonsense).await.0["country"], "NL", "the time zone, as without the header");
    let wary = Collector::serve(&format!("{header}{SHOP}")).await;
    assert_eq!(placed(&wary, &request()).await.0["country"], "NL");
}
