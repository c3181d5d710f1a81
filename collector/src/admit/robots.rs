//! Robots and headless browsers, by what they call themselves. They are no customers.

/// Parts of user agents, in lower case, that no visitor's browser has.
///
/// HTTP libraries are not listed: they run no script, so what they send was sent on purpose.
const SIGNS: [&str; 21] = [
    "bot/",
    "bot;",
    "bot)",
    "bot-",
    "bot ",
    "crawl",
    "spider",
    "slurp",
    "headless",
    "phantomjs",
    "lighthouse",
    "pagespeed",
    "gtmetrix",
    "pingdom",
    "uptimerobot",
    "webpagetest",
    "ptst/",
    "mediapartners-google",
    "google-inspectiontool",
    "facebookexternalhit",
    "bingpreview",
];

/// Longest part of a user agent that is looked at, in bytes; real ones are far shorter.
const LOOKED_AT_BYTES: usize = 512;

/// Whether a user agent says that it is no person's browser.
#[must_use]
pub fn is_robot(user_agent: &str) -> bool {
    let agent = user_agent.as_bytes();
    let agent = &agent[..agent.len().min(LOOKED_AT_BYTES)];
    let has = |sign: &str| agent.windows(sign.len()).any(|part| part.eq_ignore_ascii_case(sign.as_bytes()));
    SIGNS.iter().any(|sign| has(sign))
        || agent.len() >= 3 && agent[agent.len() - 3..].eq_ignore_ascii_case(b"bot")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_robots() {
        for agent in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/130.0 Safari/537.36",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36",
            "Mozilla/5.0 (compatible; YandexBot/3.0)",
            "Baiduspider",
            "Mozilla/5.0 (compatible; AhrefsBot/7.0)",
            "facebookexternalhit/1.1",
            "DuckDuckBot",
        ] {
            assert!(is_robot(agent), "{agent}");
        }
    }

    #[test]
    fn leaves_people_alone() {
        for agent in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Linux; Android 13; CUBOT_X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
            "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
            "",
        ] {
            assert!(!is_robot(agent), "{agent}");
        }
    }
}
