//! `[storage]`: how safely reports are kept, and what answers questions about the past.

use std::ops::RangeInclusive;
use std::time::Duration;

use graadmeter_base::settings::Section;

use crate::journal::Durability;

/// More often would store the same again and again; less often would make a start read for minutes.
const CHECKPOINT_EVERY: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);

/// `[storage]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// `durability`; none is `off`, where everything is in memory only, data folder or not.
    pub durability: Option<Durability>,
    /// `checkpoint_every`: how often the counts are stored, so that the journal stays short.
    pub checkpoint_every: Duration,
    /// `query`: what answers questions about the past.
    pub query: Query,
}

/// `storage.query`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// The history in the data folder.
    History,
    /// The rows in ClickHouse.
    ClickHouse,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            durability: Some(Durability::Process),
            checkpoint_every: Duration::from_mins(1),
            query: Query::History,
        }
    }
}

pub(super) fn read(section: &mut Section<'_, '_>, has_clickhouse: bool) -> Storage {
    let mut storage = Storage::default();
    let durability = section.take_with("durability", |word: String| match &*word {
        "process" => Ok(Some(Durability::Process)),
        "disk" => Ok(Some(Durability::Disk)),
        "off" => Ok(None),
        _ => Err(format!("`{word}` is neither \"process\" nor \"disk\" nor \"off\"")),
    });
    if let Some(durability) = durability {
        storage.durability = durability;
    }
    if let Some(every) = section.duration("checkpoint_every", CHECKPOINT_EVERY) {
        storage.checkpoint_every = every;
    }
    let query = section.take_with("query", |word: String| match &*word {
        "history" => Ok(Query::History),
        "clickhouse" if has_clickhouse => Ok(Query::ClickHouse),
        "clickhouse" => Err("needs a section [clickhouse] with its url".to_owned()),
        _ => Err(format!("`{word}` is neither \"history\" nor \"clickhouse\"")),
    });
    if let Some(query) = query {
        storage.query = query;
    }
    storage
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use graadmeter_base::settings::Mistakes;

    use super::*;
    use crate::config::Config;

    const SHOP: &str = "[[site]]\nid = \"shop\"\norigins = [\"*\"]\n";

    fn parse(text: &str) -> Result<Config, Mistakes> {
        Config::parse(text, Path::new("."))
    }

    #[test]
    fn storage_is_as_it_is_written_or_as_documented() {
        let storage = |keys: &str| parse(&format!("[storage]\n{keys}\n{SHOP}")).map(|config| config.storage);
        let minute = Duration::from_mins(1);
        let default = Storage {
            durability: Some(Durability::Process),
            checkpoint_every: minute,
            query: Query::History,
        };
        assert_eq!(storage("").unwrap(), default);
        assert_eq!(storage("durability = \"off\"").unwrap(), Storage { durability: None, ..default });
        let written = storage("durability = \"disk\"\ncheckpoint_every = \"5s\"").unwrap();
        let checkpoint_every = Duration::from_secs(5);
        assert_eq!(written, Storage { durability: Some(Durability::Disk), checkpoint_every, ..default });
        assert!(storage("durability = \"safe\"").is_err() && storage("checkpoint_every = \"2h\"").is_err());
    }

    #[test]
    fn who_asks_clickhouse_must_have_one() {
        let text = format!("[storage]\nquery = \"clickhouse\"\n{SHOP}");
        assert!(parse(&text).unwrap_err().0[0].message.contains("[clickhouse]"));
        let text = format!("[clickhouse]\nurl = \"https://ch.shop.example\"\n{text}");
        assert_eq!(parse(&text).unwrap().storage.query, Query::ClickHouse);
    }
}
