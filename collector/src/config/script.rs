//! `[script]`: other names for the script and its reports.

use graadmeter_base::settings::Section;

use crate::address::Addresses;

pub(super) fn read(section: &mut Section<'_, '_>) -> Addresses {
    let mut addresses = section.text("path", Addresses::with_script).unwrap_or_default();
    section.text("report_to", |path| addresses.report_to(path));
    addresses
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use graadmeter_base::settings::Mistakes;

    use crate::address::{Address, Addresses};
    use crate::config::Config;

    fn read(keys: &str) -> Result<Addresses, Mistakes> {
        let text = format!("[script]\n{keys}\n[[site]]\nid = \"shop\"\norigins = [\"*\"]");
        Config::parse(&text, Path::new(".")).map(|config| config.addresses)
    }

    #[test]
    fn the_script_and_its_reports_have_the_names_that_are_written() {
        assert_eq!(read("").unwrap(), Addresses::default());
        let both = read("path = \"/a/pulse.js\"\nreport_to = \"/a/p\"").unwrap();
        assert_eq!(both.find("/a/pulse.js"), Some(Address::Script(None)));
        assert_eq!(both.find("/a/p"), Some(Address::Beacon));
        assert_eq!(read("report_to = \"/a/p\"").unwrap().find("/a/p"), Some(Address::Beacon));
    }

    #[test]
    fn a_wrong_name_is_told_where_it_stands() {
        for (keys, expected) in [
            ("path = \"pulse.js\"", vec![(2, "/a/pulse.js")]),
            ("path = \"/a/pulse\"", vec![(2, ".js")]),
            ("path = \"/beacon.js\"", vec![(2, "already")]),
            ("path = 3", vec![(2, "script.path")]),
            ("path = \"/v1/x.js\"\nreport_to = \"/a?b\"", vec![(2, "already"), (3, "slashes")]),
            ("path = \"/a/p.js\"\nreport_to = \"/a/p.js\"", vec![(3, "already")]),
            ("reports_to = \"/a/p\"", vec![(2, "did you mean `report_to`")]),
        ] {
            let found = read(keys).unwrap_err().0;
            let is_told = found.len() == expected.len()
                && found
                    .iter()
                    .zip(&expected)
                    .all(|(mistake, (line, word))| mistake.line == *line && mistake.message.contains(word));
            assert!(is_told, "{keys}: {found:?}");
        }
    }
}
