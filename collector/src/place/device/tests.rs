use super::*;

const ANDROID: &str =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0";
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15";

fn placed(
    user_agent: &str,
    mobile: Option<bool>,
    platform: Option<&str>,
    facts: Option<wire::Device>,
) -> Device {
    let arrival = Arrival { user_agent, hint_mobile: mobile, hint_platform: platform, ..Arrival::NOBODY };
    place(&arrival, facts.as_ref())
}

fn screen(w: f64, h: f64, touch: f64) -> wire::Device {
    wire::Device { w: Some(w), h: Some(h), touch: Some(touch), ..Default::default() }
}

#[test]
fn client_hints_come_first() {
    assert_eq!(placed(MAC, Some(true), Some("Android"), None), Device::Mobile);
    assert_eq!(placed(ANDROID, Some(false), Some("Android"), None), Device::Tablet);
    assert_eq!(placed(ANDROID, Some(false), Some("Windows"), None), Device::Desktop);
    let facts = wire::Device { mobile: Some(true), ..Default::default() };
    assert_eq!(placed("", None, None, Some(facts)), Device::Mobile);
}

#[test]
fn empty_hints_say_nothing() {
    let phone = format!("{ANDROID} Mobile Safari/537.36");
    assert_eq!(placed(&phone, Some(false), Some(""), None), Device::Mobile);
    assert_eq!(placed(&phone, Some(false), None, None), Device::Mobile);
}

#[test]
fn real_user_agents_are_placed() {
    let rows = include_str!("agents.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut wrong = Vec::new();
    let mut known = 0;
    for row in rows {
        let [class, what, agent] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let placed = if Agent::of(agent).is_robot { "robot" } else { placed(agent, None, None, None).name() };
        if placed != class {
            wrong.push(format!("{what} is placed as {placed}, not as {class}: {agent}"));
        }
        known += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(known >= 120, "{known}");
}

#[test]
fn an_ipad_is_no_mac() {
    assert_eq!(placed(MAC, None, None, Some(screen(1024.0, 1366.0, 5.0))), Device::Tablet);
    assert_eq!(placed(MAC, None, None, Some(screen(1440.0, 900.0, 0.0))), Device::Desktop);
}

#[test]
fn a_phone_that_asks_for_desktop_pages_is_a_phone() {
    let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
    assert_eq!(placed(agent, Some(false), Some("Linux"), Some(screen(390.0, 844.0, 5.0))), Device::Mobile);
    assert_eq!(
        placed(agent, Some(false), Some("Linux"), Some(screen(1920.0, 1080.0, 10.0))),
        Device::Desktop
    );
    assert_eq!(placed(agent, Some(false), Some("Linux"), Some(screen(390.0, 844.0, 0.0))), Device::Desktop);
}

#[test]
fn the_screen_comes_last() {
    assert_eq!(placed("", None, None, Some(screen(390.0, 844.0, 5.0))), Device::Mobile);
    assert_eq!(placed("", None, None, Some(screen(820.0, 1180.0, 5.0))), Device::Tablet);
    assert_eq!(placed("", None, None, Some(screen(1920.0, 1080.0, 0.0))), Device::Desktop);
}

#[test]
fn form_factors_come_before_all_other_hints() {
    let with = |form_factors, facts: Option<wire::Device>| {
        let arrival = Arrival {
            user_agent: ANDROID,
            hint_mobile: Some(false),
            hint_platform: Some("Android"),
            hint_form_factors: Some(form_factors),
            ..Arrival::NOBODY
        };
        place(&arrival, facts.as_ref())
    };
    assert_eq!(with(r#""Mobile""#, None), Device::Mobile);
    assert_eq!(with(r#""Tablet""#, None), Device::Tablet);
    assert_eq!(with(r#""EInk""#, None), Device::Tablet);
    assert_eq!(with(r#""Desktop""#, None), Device::Desktop);
    for elsewhere in [r#""Automotive", "Tablet""#, r#""XR""#, r#""Watch""#] {
        assert_eq!(with(elsewhere, None), Device::Other, "{elsewhere}");
    }
    assert_eq!(with(r#""Tablet", "Mobile""#, Some(screen(829.0, 690.0, 10.0))), Device::Tablet, "unfolded");
    assert_eq!(with(r#""Tablet", "Mobile""#, Some(screen(373.0, 896.0, 10.0))), Device::Mobile, "folded");
    assert_eq!(with(r#""Unheard", "#, None), Device::Tablet, "the other hints");
}

#[test]
fn the_screen_says_what_android_leaves_open() {
    let android = |mobile, w, h, touch| {
        let agent = if mobile { format!("{ANDROID} Mobile Safari/537.36") } else { ANDROID.to_owned() };
        placed(&agent, None, None, Some(screen(w, h, touch)))
    };
    assert_eq!(android(true, 412.0, 915.0, 5.0), Device::Mobile);
    assert_eq!(android(true, 600.0, 1024.0, 5.0), Device::Tablet, "a tablet that says it is mobile");
    assert_eq!(android(true, 373.0, 896.0, 5.0), Device::Mobile, "folded");
    assert_eq!(android(true, 829.0, 690.0, 5.0), Device::Tablet, "unfolded");
    assert_eq!(android(false, 800.0, 1280.0, 10.0), Device::Tablet);
    assert_eq!(android(false, 360.0, 800.0, 5.0), Device::Mobile, "a phone that does not say so");
    assert_eq!(android(false, 960.0, 540.0, 0.0), Device::Other, "a television box");
}

#[test]
fn an_iphone_that_asks_for_desktop_pages_is_a_phone() {
    assert_eq!(placed(MAC, None, None, Some(screen(393.0, 852.0, 5.0))), Device::Mobile);
}

#[test]
fn a_television_is_one_whatever_its_hints_say() {
    let agent = "Mozilla/5.0 (Linux; Android 9; AFTMM) AppleWebKit/537.36 (KHTML, like Gecko) Silk/130.4.1 like Chrome/130.0.0.0 Safari/537.36";
    assert_eq!(placed(agent, Some(false), Some("Android"), None), Device::Other);
}
