//! What a browser says of itself in `User-Agent`: on which kind of device it runs, and whether it is a robot.
//!
//! One pass of an automaton finds every word that means something (`words.rs`); what the words say together is
//! decided here. Visitors' browsers are few and come again and again, so each thread remembers what it has read
//! (`memo.rs`).

mod memo;
mod words;

use self::words::{Found, Word};

/// What a user agent says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agent {
    /// On which kind of device it runs.
    pub claim: Claim,
    /// Whether it is no person's browser.
    pub is_robot: bool,
}

/// The kind of device that a user agent claims. Some browsers claim another one than they run on: see
/// [`crate::place::device`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// A television, console, headset, watch, car or loudspeaker.
    Elsewhere,
    /// A tablet.
    Tablet,
    /// A phone.
    Phone,
    /// Android that does not say that it is a phone: a tablet, a television box, or a phone that asks for desktop
    /// pages.
    Android,
    /// A Mac, or an iPad that says so.
    Mac,
    /// A desktop or laptop computer.
    Desktop,
    /// Nothing that is known.
    Unknown,
}

impl Agent {
    /// What `user_agent` says; remembered when this thread has read it lately.
    #[must_use]
    pub fn of(user_agent: &str) -> Self {
        memo::recall(user_agent.as_bytes(), Self::read)
    }

    /// What `user_agent` says, of which only the beginning is read.
    #[must_use]
    pub fn read(user_agent: &[u8]) -> Self {
        let found = words::find(user_agent);
        Self { claim: claim(found), is_robot: found.has(Word::Robot) }
    }
}

/// The first that fits: a Windows tablet is a desktop, and so is a Chromebook that runs Android's apps.
fn claim(found: Found) -> Claim {
    let rules = [
        (Word::Elsewhere, Claim::Elsewhere),
        (Word::WindowsPhone, Claim::Phone),
        (Word::Windows, Claim::Desktop),
        (Word::Computer, Claim::Desktop),
        (Word::IPad, Claim::Tablet),
        (Word::IPhone, Claim::Phone),
        (Word::Tablet, Claim::Tablet),
        (Word::Phone, Claim::Phone),
        (Word::Android, Claim::Android),
        (Word::Mac, Claim::Mac),
        (Word::Desktop, Claim::Desktop),
    ];
    rules.into_iter().find(|(word, _)| found.has(*word)).map_or(Claim::Unknown, |(_, claim)| claim)
}

#[cfg(test)]
mod tests;
