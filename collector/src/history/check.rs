//! Is a history sound? Every roll-up is read, and SQLite looks at all of its own.

use std::path::Path;

use super::cell::{Cell, Codec};
use super::store::{self, COLUMNS};
use super::{HistoryError, Span, schema};
use crate::sqlite;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The last batch of the journal that is in it.
    pub fed: u64,
    /// Sound roll-ups of minutes, hours and days.
    pub sound: [u64; 3],
    /// What is wrong, each in words.
    pub wrong: Vec<String>,
}

/// Reads all of a history.
///
/// # Errors
///
/// When it can't be read at all.
pub fn check(file: &Path) -> Result<Checked, HistoryError> {
    let connection = sqlite::open(file)?;
    schema::check(&connection)?;
    let mut wrong = sqlite::integrity(&connection)?;
    let mut sound = [0; 3];
    let mut codec = Codec::new();
    for span in Span::ALL {
        let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM {}", span.table()))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            match store::merge(row, span, &mut codec, &mut Cell::default()) {
                Ok(_) => sound[span as usize] += 1,
                Err(HistoryError::Damaged { table, id, source }) => {
                    wrong.push(format!("roll-up {id} of {table} is damaged: {source}"));
                }
                Err(error) => return Err(error),
            }
        }
    }
    let aside = schema::all_damaged(&connection)?;
    if aside > 0 {
        wrong.push(format!("{aside} damaged roll-ups were set aside before, in history_damaged"));
    }
    Ok(Checked { fed: schema::fed(&connection)?, sound, wrong })
}
