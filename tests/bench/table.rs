//! What was measured, as one table.

use std::fmt::Write;

/// One line of the table.
#[derive(Debug)]
struct Row {
    what: String,
    bar: String,
    measured: String,
    peer: String,
    met: Option<bool>,
}

/// All that was measured so far; every line is also told at once.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    /// A figure with a bar; `peer` is what it is compared with, or empty.
    pub(crate) fn judge(&mut self, what: &str, bar: &str, measured: &str, peer: &str, met: bool) {
        self.add(what, bar, measured, peer, Some(met));
    }

    /// A figure without a bar.
    pub(crate) fn note(&mut self, what: &str, measured: &str, peer: &str) {
        self.add(what, "", measured, peer, None);
    }

    fn add(&mut self, what: &str, bar: &str, measured: &str, peer: &str, met: Option<bool>) {
        let [what, bar, measured, peer] = [what, bar, measured, peer].map(str::to_owned);
        eprintln!("  {what}: {measured}{}{peer}", if peer.is_empty() { "" } else { "; " });
        self.0.push(Row { what, bar, measured, peer, met });
    }

    /// Whether every bar was met.
    #[must_use]
    pub(crate) fn all_met(&self) -> bool {
        self.0.iter().all(|row| row.met != Some(false))
    }

    /// The table, in Markdown.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let head = ["what", "bar", "measured", "against the peer", "met"].map(str::to_owned);
        let lines: Vec<[String; 5]> = std::iter::once(head)
            .chain(self.0.iter().map(|row| {
                let met = match row.met {
                    Some(true) => "yes",
                    Some(false) => "NO",
                    None => "",
                };
                [&*row.what, &row.bar, &row.measured, &row.peer, met].map(str::to_owned)
            }))
            .collect();
        let widths: [usize; 5] = std::array::from_fn(|column| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
        });
        let mut table = String::new();
        for (number, line) in lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(widths) {
                write!(table, "| {cell:width$} ").expect("a String takes all");
            }
            table.push_str("|\n");
            if number == 0 {
                for width in widths {
                    write!(table, "|{}", "-".repeat(width + 2)).expect("a String takes all");
                }
                table.push_str("|\n");
            }
        }
        table
    }
}
