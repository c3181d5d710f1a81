use proptest::prelude::*;

use super::*;

const PERSON: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

#[test]
fn names_of_robots_are_known_in_the_midst_of_a_browsers() {
    for robot in [
        "Googlebot/2.1",
        "Bytespider;",
        "HeadlessChrome/140.0",
        "PTST/240118",
        "Chrome-Lighthouse",
        "GTmetrix",
    ] {
        assert!(Agent::of(&format!("{PERSON} {robot}")).is_robot, "{robot}");
    }
    for name in [
        "Bot 54",
        "CUBOT;",
        "Build/CUBOT)",
        "IDbot553",
        "Robotics",
        "Spider 8",
        "AP3A.240617.008",
        "WhatsApp/2",
    ] {
        assert!(!Agent::of(&format!("{PERSON} {name}")).is_robot, "{name}");
    }
}

#[test]
fn anchored_names_count_only_there() {
    let is_robot = |agent: &str| Agent::of(agent).is_robot;
    assert!(is_robot("sentry/8.1") && is_robot("some sentry/8.1") && !is_robot("mysentry/8.1"));
    assert!(is_robot("SSL Labs") && !is_robot("SSL Labs and more"));
}

proptest! {
    #[test]
    fn what_is_remembered_is_what_is_read(agent in "\\PC{0,40}( ?(bot|Android|iPad|Mobile|; AFT|Windows NT|\\+http)[;/ ]?){0,4}") {
        let read = Agent::read(agent.as_bytes());
        prop_assert_eq!(Agent::of(&agent), read);
        prop_assert_eq!(Agent::of(&agent), read);
    }

    #[test]
    fn any_bytes_are_read(agent in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _read = Agent::read(&agent);
    }
}
