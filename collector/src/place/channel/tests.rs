use graadmeter_wire::Text;
use proptest::prelude::*;

use super::*;

fn place(source: &str, medium: &str, name: &str, click: &str, referrer: &str) -> &'static str {
    let text = |text: &str| Some(Text::new(text.to_owned()).unwrap());
    let campaign =
        Campaign { source: text(source), medium: text(medium), name: text(name), click: text(click) };
    let landing = Landing {
        word: None,
        campaign: Some(&campaign),
        referrer: Some(referrer),
        own_host: "www.shop.example",
    };
    let channel = Channels::new(vec![]).place(&landing, &Sources::new());
    Standard::ALL[usize::from(channel.0)].name()
}

/// Every clause of Google's page: source, medium, campaign, and the channel that it says.
///
/// `.*cp.*|ppc|retargeting|paid.*` is "paid"; Google's "Paid Other" and "Unassigned" are `other` here.
const CLAUSES: &[(&str, &str, &str, &str)] = &[
    // Direct: source is "(direct)", medium "(not set)" or "(none)".
    ("(direct)", "(none)", "", "direct"),
    ("(direct)", "(not set)", "", "direct"),
    ("", "", "", "direct"),
    ("(direct)", "referral", "", "referral"),
    // Cross-network: the campaign's name contains "cross-network", whatever the rest says.
    ("google", "cpc", "cross-network-7", "cross_network"),
    ("newsletter", "email", "my cross-network mail", "cross_network"),
    // Paid Shopping: a shopping site or a shop campaign, and paid.
    ("amazon", "cpc", "", "paid_shopping"),
    ("google shopping", "paid", "", "paid_shopping"),
    ("blog", "cpc", "shop", "paid_shopping"),
    ("blog", "cpc", "spring-shop", "paid_shopping"),
    ("blog", "cpc", "eshop", "paid_shopping"),
    ("google", "cpc", "Shopping NL", "paid_shopping"),
    ("google", "cpc", "windowshopping", "paid_shopping"),
    ("google", "cpc", "workshop", "paid_search"),
    // Paid Search, Social, Video: a site of the list, and paid.
    ("google", "cpc", "winter", "paid_search"),
    ("bing", "PPC", "", "paid_search"),
    ("yandex", "retargeting", "", "paid_search"),
    ("duckduckgo.com", "paidsearch", "", "paid_search"),
    ("google", "cpm", "", "paid_search"),
    ("facebook", "paid-social", "", "paid_social"),
    ("ig", "paid", "", "paid_social"),
    ("instagram.com", "cpm", "", "paid_social"),
    ("tiktok", "xcpx", "", "paid_social"),
    ("youtube", "cpv", "", "paid_video"),
    ("youtube", "cpc", "", "paid_video"),
    ("vimeo.com", "ppc", "", "paid_video"),
    // Display: one of five mediums.
    ("newspaper", "display", "", "display"),
    ("newspaper", "banner", "", "display"),
    ("newspaper", "expandable", "", "display"),
    ("newspaper", "interstitial", "", "display"),
    ("newspaper", "cpm", "", "display"),
    // Paid Other: paid, at a site of no list.
    ("blog", "cpc", "", "other"),
    ("blog", "paid-anything", "", "other"),
    ("blog", "retargeting", "", "other"),
    ("blog", "unpaid", "", "other"),
    ("blog", "pppc", "", "other"),
    // Organic Shopping: a shopping site or a shop campaign.
    ("amazon", "organic", "", "organic_shopping"),
    ("ebay.de", "", "", "organic_shopping"),
    ("newsletter", "email", "shopping week", "organic_shopping"),
    // Organic Social: a social site or one of six mediums.
    ("facebook", "", "", "organic_social"),
    ("reddit.com", "referral", "", "organic_social"),
    ("anything", "social", "", "organic_social"),
    ("anything", "social-network", "", "organic_social"),
    ("anything", "social-media", "", "organic_social"),
    ("anything", "sm", "", "organic_social"),
    ("anything", "social network", "", "organic_social"),
    ("anything", "social media", "", "organic_social"),
    ("anything", "socials", "", "other"),
    // Organic Video: a video site, or a medium with "video".
    ("youtube", "referral", "", "organic_video"),
    ("anything", "video", "", "organic_video"),
    ("anything", "my-videos", "", "organic_video"),
    // Organic Search: a search engine, or medium "organic".
    ("google", "", "", "organic_search"),
    ("ecosia.org", "referral", "", "organic_search"),
    ("anything", "organic", "", "organic_search"),
    // Referral: one of three mediums; before Email, as Google orders them.
    ("partner", "referral", "", "referral"),
    ("partner", "app", "", "referral"),
    ("partner", "link", "", "referral"),
    // Email: source or medium is one of four spellings.
    ("newsletter", "email", "", "email"),
    ("newsletter", "e-mail", "", "email"),
    ("newsletter", "e_mail", "", "email"),
    ("newsletter", "e mail", "", "email"),
    ("email", "october", "", "email"),
    ("e-mail", "october", "", "email"),
    ("e_mail", "october", "", "email"),
    ("e mail", "october", "", "email"),
    ("newsletter", "emails", "", "other"),
    // Affiliates, Audio, SMS.
    ("tradetracker", "affiliate", "", "affiliate"),
    ("tradetracker", "affiliates", "", "other"),
    ("spotify", "audio", "", "audio"),
    ("sms", "october", "", "sms"),
    ("campaign", "sms", "", "sms"),
    // Mobile Push: medium ends with "push", or contains "mobile" or "notification"; or source is "firebase".
    ("app", "push", "", "push"),
    ("app", "webpush", "", "push"),
    ("app", "mobile-app", "", "push"),
    ("app", "web-notification", "", "push"),
    ("firebase", "october", "", "push"),
    ("app", "pushed", "", "other"),
    // Unassigned.
    ("strange", "thing", "", "other"),
    ("", "thing", "", "other"),
];

#[test]
fn groups_by_every_clause_of_google_analytics() {
    for (source, medium, name, channel) in CLAUSES {
        assert_eq!(place(source, medium, name, "", ""), *channel, "{source} / {medium} / {name}");
        let upper = [source, medium, name].map(|text| text.to_uppercase());
        assert_eq!(place(&upper[0], &upper[1], &upper[2], "", ""), *channel, "{upper:?}");
    }
}

#[test]
fn groups_by_click_id() {
    for (click, referrer, channel) in [
        ("gclid", "https://www.google.com/", "paid_search"),
        ("msclkid", "", "paid_search"),
        ("ttclid", "", "paid_social"),
        ("dclid", "", "display"),
        ("fbclid", "https://l.facebook.com/", "organic_social"),
        ("fbclid", "", "organic_social"),
        ("unheard", "", "direct"),
    ] {
        assert_eq!(place("", "", "", click, referrer), channel, "{click}");
    }
}

#[test]
fn groups_by_referrer() {
    for (referrer, channel) in [
        ("", "direct"),
        ("https://www.shop.example/", "direct"),
        ("https://shop.example/", "direct"),
        ("https://www.google.co.uk/", "organic_search"),
        ("https://duckduckgo.com/", "organic_search"),
        ("android-app://com.google.android.googlequicksearchbox/", "organic_search"),
        ("https://l.instagram.com/", "organic_social"),
        ("https://t.co/", "organic_social"),
        ("https://m.youtube.com/", "organic_video"),
        ("https://www.amazon.de/", "organic_shopping"),
        ("https://mail.google.com/", "email"),
        ("https://blog.example/", "referral"),
        ("https://notgoogle.com/", "referral"),
    ] {
        assert_eq!(place("", "", "", "", referrer), channel, "{referrer}");
    }
}

#[test]
fn the_sites_rules_and_the_pages_word_come_first() {
    let partner =
        globset::GlobBuilder::new("partner*").case_insensitive(true).build().unwrap().compile_matcher();
    let rule = ChannelRule {
        name: "loyal".to_owned(),
        source: None,
        medium: Some(partner),
        campaign: None,
        referrer: None,
    };
    let channels = Channels::new(vec![rule]);
    let campaign = Campaign { medium: Text::new("Partner-7"), ..Campaign::default() };
    let landing = Landing { campaign: Some(&campaign), own_host: "shop.example", ..Landing::default() };
    let name = |landing| channels.name(channels.place(&landing, &Sources::new())).to_owned();
    assert_eq!(name(landing), "loyal");
    assert_eq!(name(Landing { word: Some("sms"), ..landing }), "sms");
    assert_eq!(name(Landing { word: Some("unheard"), ..landing }), "loyal");
}

#[test]
fn what_browsers_write_is_not_copied() {
    let borrowed = |text: &str| matches!(lower_case(text), Cow::Borrowed(_));
    assert!(borrowed("www.google.co.uk") && borrowed("") && borrowed("zürich"));
    assert_eq!(lower_case("WWW.Google.com"), "www.google.com");
    assert_eq!(lower_case("ZÜRICH"), "zürich");
    // Neither upper nor lower case (U+01C5), and no letter that depends on its neighbours.
    assert_eq!(lower_case("ǅ"), "ǆ");
    assert_eq!(lower_case("www.Σ"), "www.σ");
}

#[test]
fn a_shop_does_not_refer_to_itself() {
    for host in ["www.shop.example", "shop.example", "WWW.SHOP.example", "www.Shop.Example"] {
        assert!(is_same_site(host, "www.shop.example") && is_same_site("shop.example", host), "{host}");
    }
    for host in ["ǅ", "Σ", "shop.Σ"] {
        let (lower, loud) = (lower_case(host), format!("WWW.{host}"));
        assert!(is_same_site(&lower, &loud) && is_same_site(&lower_case(&loud), host), "{host}");
    }
    for host in ["shop.example.com", "other.shop.example", "www", ""] {
        assert!(!is_same_site(host, "www.shop.example"), "{host}");
    }
    let host = "www.BÜCHER.example";
    let landing =
        Landing { referrer: Some("https://www.BÜCHER.example/"), own_host: host, ..Landing::default() };
    let channel = Channels::new(vec![]).place(&landing, &Sources::new());
    assert_eq!(Standard::ALL[usize::from(channel.0)], Standard::Direct, "whatever the letters' case");
}

proptest! {
    #[test]
    fn any_landing_has_a_channel(
        texts in prop::array::uniform4("\\PC{0,40}"),
        referrer in "\\PC{0,60}",
        own_host in "\\PC{0,20}",
    ) {
        let [source, medium, name, click] = texts.map(Text::new);
        let campaign = Campaign { source, medium, name, click };
        let landing =
            Landing { word: None, campaign: Some(&campaign), referrer: Some(&referrer), own_host: &own_host };
        let channel = Channels::new(vec![]).place(&landing, &Sources::new());
        prop_assert!(usize::from(channel.0) < Standard::ALL.len());
    }
}
