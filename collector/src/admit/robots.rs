//! Robots: by what they call themselves, by the browser's own word that it is automated, and by times that no
//! browser measures. They are no customers.

mod timings;

use graadmeter_wire::Beacon;

use crate::agent::Agent;
use crate::arrival::Arrival;

pub use self::timings::contradict;

/// Whether a beacon does not come from a person's browser.
#[must_use]
pub fn is_robot(beacon: &Beacon<'_>, arrival: &Arrival<'_>) -> bool {
    Agent::of(arrival.user_agent).is_robot
        || beacon.device.and_then(|device| device.webdriver) == Some(true)
        || contradict(beacon)
}

#[cfg(test)]
mod tests {
    use graadmeter_wire::decode;

    use super::*;

    const PERSON: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

    fn judged(user_agent: &str, more: &str) -> bool {
        let body = format!(
            r#"{{"v":1,"site":"shop","id":"5e0c1f00aabbccdd","kind":"page","url":"https://shop.example/"{more}}}"#
        );
        let arrival = Arrival { user_agent, ..Arrival::NOBODY };
        is_robot(&decode(body.as_bytes()).unwrap().beacon, &arrival)
    }

    #[test]
    fn each_sign_is_enough() {
        assert!(!judged(PERSON, ""));
        assert!(judged("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", ""));
        assert!(judged(PERSON, r#","device":{"webdriver":true}"#));
        assert!(!judged(PERSON, r#","device":{"webdriver":false}"#));
        assert!(judged(PERSON, r#","nav":"navigate","timing":{"dom_interactive":900,"load":300}"#));
    }
}
