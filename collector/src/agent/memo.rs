//! What a thread has read lately, so that a browser that comes again costs one hash.
//!
//! A fixed number of places: a flood of invented user agents overwrites them, and grows nothing. The hash has a
//! random key, so nobody can choose user agents that share a place. User agents themselves are not kept.

use std::cell::RefCell;

use ahash::RandomState;

use crate::limits::{AGENT_BYTES_READ_MAX, AGENTS_REMEMBERED_PER_THREAD};

use super::Agent;

/// Places of one row: so many user agents whose hashes end alike are remembered, the newest first.
const ROW: usize = 4;

/// The whole hash of a user agent, and what it says.
type Place = Option<(u64, Agent)>;

struct Memo {
    hasher: RandomState,
    /// The end of a hash numbers its row.
    rows: Vec<[Place; ROW]>,
}

thread_local! {
    static MEMO: RefCell<Memo> = RefCell::new(Memo {
        hasher: RandomState::new(),
        rows: vec![[None; ROW]; AGENTS_REMEMBERED_PER_THREAD / ROW],
    });
}

/// What `agent` says: remembered, or else read now.
pub(super) fn recall(agent: &[u8], read: impl FnOnce(&[u8]) -> Agent) -> Agent {
    let agent = &agent[..agent.len().min(AGENT_BYTES_READ_MAX)];
    MEMO.with_borrow_mut(|memo| {
        let hash = memo.hasher.hash_one(agent);
        let number = hash as usize % memo.rows.len();
        let row = &mut memo.rows[number];
        let known = row.iter().flatten().find(|(known, _)| *known == hash).map(|(_, says)| *says);
        known.unwrap_or_else(|| {
            let says = read(agent);
            row.rotate_right(1);
            row[0] = Some((hash, says));
            says
        })
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::Claim;
    use super::*;

    #[test]
    fn a_browser_that_comes_again_is_not_read_again() {
        let reads = Cell::new(0);
        let read = |_: &[u8]| {
            reads.set(reads.get() + 1);
            Agent { claim: Claim::Mac, is_robot: true }
        };
        for _ in 0..3 {
            assert_eq!(recall(b"a browser", read), Agent { claim: Claim::Mac, is_robot: true });
        }
        assert_eq!(reads.get(), 1);
        recall(b"another browser", read);
        assert_eq!(reads.get(), 2);
    }

    #[test]
    fn a_flood_keeps_every_answer_right() {
        let read = |agent: &[u8]| Agent { claim: Claim::Unknown, is_robot: agent.ends_with(b"7") };
        for number in 0..10 * AGENTS_REMEMBERED_PER_THREAD {
            let agent = format!("browser {number}");
            assert_eq!(recall(agent.as_bytes(), read).is_robot, agent.ends_with('7'), "{agent}");
        }
        let places = MEMO.with_borrow(|memo| memo.rows.len() * ROW);
        assert_eq!(places, AGENTS_REMEMBERED_PER_THREAD);
    }
}
