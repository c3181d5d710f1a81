//! The words of user agents that mean something, and the automaton that finds them all in one pass.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::limits::AGENT_BYTES_READ_MAX;

/// What a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Robot,
    Elsewhere,
    WindowsPhone,
    Windows,
    Computer,
    IPad,
    IPhone,
    Tablet,
    Phone,
    Android,
    Mac,
    Desktop,
}

impl Word {
    /// By its name in `devices.tsv`.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "elsewhere" => Self::Elsewhere,
            "windows-phone" => Self::WindowsPhone,
            "windows" => Self::Windows,
            "computer" => Self::Computer,
            "ipad" => Self::IPad,
            "iphone" => Self::IPhone,
            "tablet" => Self::Tablet,
            "phone" => Self::Phone,
            "android" => Self::Android,
            "mac" => Self::Mac,
            "desktop" => Self::Desktop,
            _ => return None,
        })
    }
}

/// The meanings that were found in one user agent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found(u16);

impl Found {
    pub(super) fn has(self, word: Word) -> bool {
        self.0 & (1 << word as u16) != 0
    }

    fn add(&mut self, word: Word) {
        self.0 |= 1 << word as u16;
    }
}

/// Words of devices and what they tell, a line each.
const DEVICES: &str = include_str!("devices.tsv");

/// Parts of robots' names and ways, in every case that is used.
const SIGNS: [&str; 14] = [
    "bot",
    "Bot",
    "BOT",
    "spider",
    "Spider",
    "crawl",
    "Crawl",
    "CRAWL",
    "slurp",
    "Slurp",
    "headless",
    "Headless",
    // "What I am is told at this address."
    "+http",
    "PhantomJS",
];

/// Names of robots, a line each; `^` and `$` stand for the beginning and the end of the user agent.
const CRAWLERS: &str = include_str!("crawlers.txt");

/// A word that the automaton looks for.
#[derive(Debug, Clone, Copy)]
struct Sought {
    text: &'static str,
    means: Word,
    at: At,
}

/// Where a word counts.
#[derive(Debug, Clone, Copy)]
enum At {
    Anywhere,
    Begin,
    End,
    /// Before a mark that ends a name, but for the maker Cubot's; phones have such words in theirs ("M bot 54").
    EndOfName,
}

impl At {
    fn fits(self, agent: &[u8], start: usize, end: usize) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Begin => start == 0,
            Self::End => end == agent.len(),
            Self::EndOfName => {
                agent.get(end).is_none_or(|next| b"-/;:,+()".contains(next))
                    && !start.checked_sub(2).is_some_and(|cu| agent[cu..start].eq_ignore_ascii_case(b"cu"))
            }
        }
    }
}

/// Every word, and what finds it.
struct Words {
    sought: Vec<Sought>,
    /// Without one, nothing would be found: the table is ours, and a test builds it.
    automaton: Option<AhoCorasick>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let devices = DEVICES.lines().filter(|line| !line.starts_with('#')).filter_map(device);
    let signs = SIGNS.into_iter().map(|text| {
        let is_name = text.eq_ignore_ascii_case("bot") || text.eq_ignore_ascii_case("spider");
        Sought { text, means: Word::Robot, at: if is_name { At::EndOfName } else { At::Anywhere } }
    });
    let crawlers = CRAWLERS.lines().filter(|line| !line.starts_with('#')).map(crawler);
    let sought: Vec<_> = devices.chain(signs).chain(crawlers).collect();
    let automaton = AhoCorasick::new(sought.iter().map(|sought| sought.text)).ok();
    Words { sought, automaton }
});

fn device(line: &'static str) -> Option<Sought> {
    let (text, means) = line.split_once('\t')?;
    Some(Sought { text, means: Word::named(means)?, at: At::Anywhere })
}

fn crawler(line: &'static str) -> Sought {
    let (text, at) = match (line.strip_prefix('^'), line.strip_suffix('$')) {
        (Some(text), _) => (text, At::Begin),
        (_, Some(text)) => (text, At::End),
        _ => (line, At::Anywhere),
    };
    Sought { text, means: Word::Robot, at }
}

/// Every meaning in the beginning of a user agent.
pub(super) fn find(agent: &[u8]) -> Found {
    let mut found = Found::default();
    let agent = &agent[..agent.len().min(AGENT_BYTES_READ_MAX)];
    let Some(automaton) = &WORDS.automaton else { return found };
    for hit in automaton.find_overlapping_iter(agent) {
        if let Some(sought) = WORDS.sought.get(hit.pattern().as_usize())
            && sought.at.fits(agent, hit.start(), hit.end())
        {
            found.add(sought.means);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_sought_once() {
        assert!(WORDS.automaton.is_some());
        let lines = DEVICES.lines().chain(CRAWLERS.lines()).filter(|line| !line.starts_with('#'));
        assert_eq!(WORDS.sought.len(), lines.count() + SIGNS.len());
        let mut texts: Vec<_> = WORDS.sought.iter().map(|sought| sought.text).collect();
        assert!(texts.iter().all(|text| text.len() >= 3), "short words are in everybody's user agent");
        texts.sort_unstable();
        let before = texts.len();
        texts.dedup();
        assert_eq!(texts.len(), before);
    }

    #[test]
    fn only_the_beginning_is_read() {
        let mut agent = vec![b'x'; AGENT_BYTES_READ_MAX - 6];
        agent.extend_from_slice(b"iPhone; iPad");
        assert!(find(&agent).has(Word::IPhone) && !find(&agent).has(Word::IPad));
    }
}
