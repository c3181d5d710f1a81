//! The reader, from the outside: what it makes of values and how it tells mistakes.

use proptest::prelude::*;

use super::*;

fn mistakes<T: std::fmt::Debug>(text: &str, read: impl FnOnce(&mut Section<'_, '_>) -> T) -> Vec<String> {
    parse(text, read).unwrap_err().0.iter().map(ToString::to_string).collect()
}

fn even(number: i64) -> Result<i64, String> {
    if number % 2 == 0 { Ok(number) } else { Err(format!("{number} is odd")) }
}

fn short(word: &Word) -> Result<String, &'static str> {
    Some(word.to_string()).filter(|text| text.len() < 4).ok_or("has too many letters")
}

#[test]
fn values_of_every_kind_are_read() {
    let text = "
name = \"kiln \\u00e9\"
flag = true
count = 1_000
pause = \"1m 30s\"
even = [2, 4]
one = 0xC8
some = [\"2xx\", 304]
[table]
key = \"deep\"
[[row]]
n = 1
[[row]]
n = 2
";
    let read = |root: &mut Section<'_, '_>| {
        assert_eq!(root.text("name", str::parse::<String>).unwrap(), "kiln é");
        assert_eq!(root.take("flag"), Some(true));
        assert_eq!(root.number("count", 0..=1000), Some(1000));
        let longest = std::time::Duration::from_secs(90);
        assert_eq!(root.duration("pause", longest..=longest), Some(longest));
        assert_eq!(root.list_with("even", even), Some(vec![2, 4]));
        assert_eq!(root.one_or_list_with("one", |word: Word| short(&word)).unwrap(), ["200"]);
        assert_eq!(root.one_or_list_with("some", |word: Word| short(&word)).unwrap(), ["2xx", "304"]);
        let deep = root.section("table", |table| table.take::<String>("key"));
        assert_eq!(deep.as_deref(), Some("deep"));
        assert_eq!(root.sections("row", |row| row.number("n", 0..=9)), [Some(1), Some(2)]);
    };
    parse(text, read).unwrap();
}

#[test]
fn what_is_absent_is_none_and_no_mistake() {
    let read = |root: &mut Section<'_, '_>| {
        assert_eq!(root.take::<bool>("flag"), None);
        assert_eq!(root.list_with("list", even), None);
        assert!(root.sections("row", |_| ()).is_empty());
        assert_eq!(root.section("table", |table| table.take::<bool>("flag")), None);
        assert_eq!(root.optional_section("table", |table| table.take::<bool>("flag")), None);
    };
    parse("", read).unwrap();
}

#[test]
fn a_section_that_is_required_in_part_may_be_absent_as_a_whole() {
    let read = |root: &mut Section<'_, '_>| root.optional_section("table", |table| table.require("url", "…"));
    assert_eq!(parse("", read).unwrap(), None);
    assert_eq!(mistakes("[table]\n", read), ["line 1: table.url: is required, such as url = …"]);
}

#[test]
fn every_mistake_has_its_line_and_whole_path() {
    let text = "
count = 11
pause = \"soon\"
short = \"1ms\"
list = [
  2,
  3,
  \"4\",
]
one = true
other = [200, \"4xxx\"]
[site.page]
name = 5
naem = \"x\"
[[site.row]]
[[site.row]]
n = -1
";
    let second = std::time::Duration::from_secs(1);
    let read = |root: &mut Section<'_, '_>| {
        assert_eq!(root.number("count", 1..=10), None);
        assert_eq!(root.duration("pause", second..=second), None);
        assert_eq!(root.duration("short", second..=second * 60), None);
        assert_eq!(root.list_with("list", even), None);
        assert_eq!(root.one_or_list_with("one", |word: Word| short(&word)), None);
        assert_eq!(root.one_or_list_with("other", |word: Word| short(&word)), None);
        root.section("site", |site| {
            site.section("page", |page| page.take::<String>("name"));
            site.sections("row", |row| {
                row.require("n", "1");
                row.number("n", 0..=1)
            });
        });
    };
    let expected = [
        "line 2: count: 11 is not between 1 and 10",
        "line 3: pause: `soon` is no time such as \"800ms\" or \"30s\"",
        "line 4: short: 1ms is not between 1s and 1m",
        "line 7: list: 3 is odd",
        "line 8: list: invalid type: string \"4\", expected i64",
        "line 10: one: is neither a string nor a whole number",
        "line 11: other: has too many letters",
        "line 13: site.page.name: invalid type: integer `5`, expected a string",
        "line 14: site.page.naem: unknown key; did you mean `name`?",
        "line 15: site.row.n: is required, such as n = 1",
        "line 17: site.row.n: -1 is not between 0 and 1",
    ];
    assert_eq!(mistakes(text, read), expected);
}

#[test]
fn an_unknown_key_is_told_what_is_known() {
    let read = |root: &mut Section<'_, '_>| (root.take::<bool>("red"), root.take::<bool>("green"));
    assert_eq!(mistakes("colour = 1\n", read), ["line 1: colour: unknown key; known here: red, green"]);
}

#[test]
fn what_is_no_table_or_list_is_told_how_to_write_it() {
    let read = |root: &mut Section<'_, '_>| {
        root.section("site", |site| {
            site.section("table", |_| ());
            site.sections("rows", |_| ());
            site.sections("mixed", |_| ());
            site.list_with("list", even)
        })
    };
    let text = "[site]\ntable = 1\nrows = { }\nmixed = [{ }, 3]\nlist = 2\n";
    let expected = [
        "line 2: site.table: is a table: write [site.table]",
        "line 3: site.rows: is a list of tables: write [[site.rows]]",
        "line 4: site.mixed: is a table: write [site.mixed]",
        "line 5: site.list: is a list: write list = [ … ]",
    ];
    assert_eq!(mistakes(text, read), expected);
}

#[test]
fn every_error_of_syntax_is_told() {
    let lines: Vec<_> = parse("a = \n\n[b\n", |_| ()).unwrap_err().0.iter().map(|told| told.line).collect();
    assert!(lines.contains(&1) && lines.contains(&3), "{lines:?}");
}

#[test]
fn a_broken_line_is_told_once_and_the_others_all_the_same() {
    let told = mistakes("a = 4x\nb = \"4\"\n", |root| (root.number("a", 1..=2), root.number("b", 1..=2)));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("line 1: ") && !told[0].contains("not between"), "{told:?}");
    assert_eq!(told[1], "line 2: b: is no whole number");
}

#[test]
fn a_file_is_named_with_its_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    std::fs::write(&file, "a = 1\nb = 2\n").unwrap();
    let told = load(&file, 100, |_, _| ()).unwrap_err().to_string();
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines[0], format!("{} has 2 mistakes:", file.display()));
    assert!(
        lines[1].starts_with("  line 1: a: unknown key") && lines[2].starts_with("  line 2: b: "),
        "{told}"
    );
    let seen = load(&file, 100, |root, folder| {
        let _both = (root.take::<i64>("a"), root.take::<i64>("b"));
        folder.to_owned()
    });
    assert_eq!(seen.unwrap(), folder.path());
}

#[test]
fn a_file_that_is_missing_or_too_large_is_named_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    let why = |error: SettingsError| match error {
        SettingsError::Unreadable { path, source } if path == file => source.to_string(),
        other => panic!("{other}"),
    };
    assert!(!why(load(&file, 5, |_, _| ()).unwrap_err()).is_empty());
    std::fs::write(&file, "#2345").unwrap();
    load(&file, 5, |_, _| ()).unwrap();
    std::fs::write(&file, "#23456").unwrap();
    assert_eq!(why(load(&file, 5, |_, _| ()).unwrap_err()), "it has more than 5 bytes");
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in "([a-z\\[\\]=\"'.,#{} \n0-9]|é){0,200}") {
        if let Err(Mistakes(told)) = parse(&text, |root| root.take::<String>("a")) {
            let lines = text.split('\n').count();
            prop_assert!(told.is_sorted());
            prop_assert!(told.iter().all(|mistake| (1..=lines).contains(&mistake.line)));
        }
    }
}
