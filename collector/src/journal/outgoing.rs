//! What goes from the journal to another store, once each: how far it has come stands in the journal itself.
//!
//! Before some batches are sent, the last of them is noted with a token by which the other store knows them again. Until it is
//! known that they arrived, the same batches are sent under the same token, over restarts too.

use std::ops::ControlFlow;

use rand::Rng;

use super::StoreError;
use super::entry::Entry;
use super::reading::Reading;
use super::store::{self, Sent};
use super::writer::Writer;

/// The way to the other store.
#[derive(Debug)]
pub struct Outgoing {
    reading: Reading,
    writer: Writer,
    sent: Sent,
}

/// Takes what is to be sent together.
pub trait Gather {
    /// Takes an entry, with the names of its site and its visitor's channel.
    fn gather(&mut self, site: &str, channel: &str, entry: &Entry<'_>);

    /// Whether it has enough to be sent.
    fn is_full(&self) -> bool;
}

impl Outgoing {
    pub(super) fn new(reading: Reading, writer: Writer) -> Result<Self, StoreError> {
        let sent = writer.work(|transaction| store::sent(transaction))?;
        Ok(Self { reading, writer, sent })
    }

    /// The last batch that needs not be sent any more.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.until
    }

    /// Gathers what is to be sent next, and says under which token; nothing if all is sent.
    ///
    /// # Errors
    ///
    /// When the journal can't be read or written.
    pub fn next(&mut self, into: &mut impl Gather) -> Result<Option<String>, StoreError> {
        let known = self.sent.attempt.as_ref().map(|(last, _)| *last);
        let mut last = None;
        self.reading.for_each_after(self.sent.until, |accepted| {
            if known.is_some_and(|known| accepted.batch > known) {
                return ControlFlow::Break(());
            }
            last = Some(accepted.batch);
            let told = accepted.for_each(|site, channel, entry| into.gather(site, channel, entry));
            if let Err(error) = told {
                tracing::error!(%error, batch = accepted.batch, "the other store lacks a batch from here on");
            }
            if known.is_none() && into.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let Some(last) = last else { return Ok(None) };
        if let Some((_, token)) = &self.sent.attempt {
            return Ok(Some(token.clone()));
        }
        let token = format!("{:032x}", rand::rng().random::<u128>());
        self.note(Sent { until: self.sent.until, attempt: Some((last, token.clone())) })?;
        Ok(Some(token))
    }

    /// What was gathered last has arrived.
    ///
    /// # Errors
    ///
    /// When the journal can't be written: it is sent once more then, and known again.
    pub fn arrived(&mut self) -> Result<(), StoreError> {
        let until = self.sent.attempt.as_ref().map_or(self.sent.until, |(last, _)| *last);
        self.note(Sent { until, attempt: None })
    }

    /// How many bytes wait.
    ///
    /// # Errors
    ///
    /// When the journal can't be read.
    pub fn waiting_bytes(&self) -> Result<u64, StoreError> {
        self.reading.bytes_after(self.sent.until)
    }

    /// Gives up the oldest batches until no more than so many bytes wait, and says how many reports that were. Of those that
    /// were on their way it is not known whether they arrived.
    ///
    /// # Errors
    ///
    /// When the journal can't be read or written.
    pub fn give_up_beyond(&mut self, bytes_max: u64) -> Result<u64, StoreError> {
        let mut excess = self.waiting_bytes()?.saturating_sub(bytes_max);
        let (mut until, mut reports) = (self.sent.until, 0);
        // An attempt is given up whole: half of it would be another batch under its token.
        let attempted = self.sent.attempt.as_ref().map_or(0, |(last, _)| *last);
        if excess == 0 {
            return Ok(0);
        }
        self.reading.for_each_after(until, |accepted| {
            if excess == 0 && accepted.batch > attempted {
                return ControlFlow::Break(());
            }
            until = accepted.batch;
            excess = excess.saturating_sub(accepted.bytes());
            // What is damaged can't be sent either.
            let _counted = accepted.for_each(|_, _, _| reports += 1);
            ControlFlow::Continue(())
        })?;
        self.note(Sent { until, attempt: None })?;
        Ok(reports)
    }

    fn note(&mut self, sent: Sent) -> Result<(), StoreError> {
        let noted = sent.clone();
        self.writer.work(move |transaction| store::set_sent(transaction, &noted))?;
        self.sent = sent;
        Ok(())
    }
}
