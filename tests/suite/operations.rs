//! Can what a collector keeps be copied while it runs, and does it say what is wrong with it?

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use graadmeter_tests::beacon::Beacon;
use graadmeter_tests::collector::{Collector, SHOP, run};
use graadmeter_tests::process::{Ended, Process, built};
use graadmeter_tests::wait::{SOON, until};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

/// All is in the cells and the history after a second.
const STORAGE: &str = "[storage]\ncheckpoint_every = \"1s\"\n";

fn config() -> String {
    [STORAGE, SHOP].concat()
}

fn page(number: usize) -> Beacon {
    let beacon = Beacon::page().with("/page", json!(format!("page-{}", number % 7)));
    beacon.with("/vitals", json!({ "lcp": 100 + number, "cls": 0.01 }))
}

/// What a collector left that was sent these, and has ended.
async fn kept(beacons: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::keeping_in(folder, &config()).await;
    collector.accept(&(0..beacons).map(page).collect::<Vec<_>>()).await;
    collector.stop_keeping().await
}

async fn verify(folder: &Path, data: &str) -> Ended {
    run(&["verify", "--config", "graadmeter.toml", "--data-dir", data], folder).await
}

fn assert_sound(verified: &Ended) {
    assert_eq!(verified.status.code(), Some(0), "{}", verified.text());
    assert!(verified.text().contains("all is sound"), "{}", verified.text());
}

fn assert_damaged(verified: &Ended, words: &str) {
    assert_eq!(verified.status.code(), Some(1), "{}", verified.text());
    assert!(verified.text().contains(words), "{}", verified.text());
}

fn change(folder: &TempDir, database: &str, sql: &str) {
    let connection = Connection::open(folder.path().join("data").join(database)).expect("a database");
    assert!(connection.execute(sql, []).expect("a statement") > 0, "nothing is changed");
}

#[tokio::test]
async fn a_copy_has_what_was_answered_before_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::keeping_in(folder, &config()).await;
    let first: Vec<_> = (0..200).map(page).collect();
    collector.accept(&first).await;
    let more: Vec<_> = (0..200).map(page).collect();
    let arguments = ["backup", "--data-dir", "data", "--to", "copy"];
    let (copied, ()) = tokio::join!(run(&arguments, collector.folder()), collector.accept(&more));
    assert_eq!(copied.status.code(), Some(0), "{}", copied.text());
    for kept in ["data", "copy"] {
        let folder = fs::metadata(collector.folder().join(kept)).expect("a folder");
        assert_eq!(folder.permissions().mode() & 0o077, 0, "{kept} is nobody else's business");
    }
    let again = run(&arguments, collector.folder()).await;
    assert_damaged(&again, "is there already");
    assert_sound(&verify(collector.folder(), "copy").await);
    assert_damaged(&verify(collector.folder(), "data").await, "another collector uses the data folder");

    let restored = tempfile::tempdir().expect("a temporary folder");
    fs::rename(collector.folder().join("copy"), restored.path().join("data")).expect("a copy");
    let restored = Collector::keeping_in(restored, &config()).await;
    let accepted = restored.outcome("accepted").await as usize;
    assert!((first.len()..=first.len() + more.len()).contains(&accepted), "{accepted}");
    // What it lacks counts when it is sent again, and what it has is known.
    restored.accept(&[first, more.clone()].concat()).await;
    assert_eq!(restored.outcome("accepted").await as usize, 400);
    let question = "/api/v1/timings?site=shop&metric=lcp&by=device";
    until(SOON, "the history has each once", async || match restored.ask(question).await {
        (200, answer) if answer["groups"][0]["count"] == 400 => Ok(()),
        other => Err(other),
    })
    .await;
    let folder = collector.stop_keeping().await;
    assert_sound(&verify(folder.path(), "data").await);
}

#[tokio::test]
async fn where_nothing_is_kept_it_is_said() {
    let folder = kept(1).await;
    assert_damaged(&verify(folder.path(), "nowhere").await, "is not there");
    let copied = run(&["backup", "--data-dir", "nowhere", "--to", "copy"], folder.path()).await;
    assert_damaged(&copied, "is not there");
    assert!(!folder.path().join("nowhere").exists() && !folder.path().join("copy").exists());
}

#[tokio::test]
async fn a_configuration_without_the_site_is_no_damage() {
    let folder = kept(50).await;
    let verified = run(&["verify", "--data-dir", "data"], folder.path()).await;
    assert_damaged(
        &verified,
        "site `shop` is counted here and not configured: name the collector's own configuration",
    );
    assert!(!verified.text().contains("damage"), "{}", verified.text());
}

#[tokio::test]
async fn damage_is_found() {
    let sound = kept(50).await;
    assert_sound(&verify(sound.path(), "data").await);
    for (database, sql, words) in [
        (
            "graadmeter.db",
            "UPDATE journal_batches SET entries = zeroblob(length(entries)) WHERE batch = 7",
            "batch 7 of the journal is damaged",
        ),
        (
            "graadmeter.db",
            "DELETE FROM journal_batches WHERE batch = 7",
            "are not what counting the journal again gives",
        ),
        (
            "graadmeter.db",
            "UPDATE journal_cells SET state = zeroblob(length(state)) WHERE view = 0",
            "stored cells are damaged",
        ),
        ("graadmeter.db", "UPDATE journal_counts SET batch = batch + 1", "stored cells are damaged"),
        ("history.db", "UPDATE history_minute SET metrics = x'789c00'", "of history_minute is damaged"),
    ] {
        let folder = kept(50).await;
        change(&folder, database, sql);
        assert_damaged(&verify(folder.path(), "data").await, words);
    }
}

#[tokio::test]
async fn a_journal_without_its_beginning_is_sound_and_nothing_of_it_counts_twice() {
    let folder = kept(50).await;
    change(&folder, "graadmeter.db", "DELETE FROM journal_batches WHERE batch <= 20");
    let verified = verify(folder.path(), "data").await;
    assert_sound(&verified);
    assert!(verified.text().contains("30 reports, none counted twice"), "{}", verified.text());
}

#[tokio::test]
async fn a_collector_does_not_start_on_a_damaged_journal() {
    let folder = kept(50).await;
    change(
        &folder,
        "graadmeter.db",
        "UPDATE journal_cells SET state = zeroblob(length(state)) WHERE view = 0",
    );
    let arguments = ["serve", "--config", "graadmeter.toml", "--data-dir", "data"];
    let ports = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let ended = run(&[&arguments[..], &ports].concat(), folder.path()).await;
    assert_damaged(&ended, "stored cells are damaged");
}

#[tokio::test]
async fn a_folder_that_can_not_be_written_is_told() {
    let folder = kept(1).await;
    let program = folder.path().join("graadmeter-collector");
    fs::copy(built("graadmeter-collector"), &program).expect("a copy that everybody may run");
    let read_only =
        [("data/graadmeter.db", 0o444), ("data/graadmeter.lock", 0o444), ("data", 0o555), ("", 0o755)];
    for (name, mode) in read_only {
        fs::set_permissions(folder.path().join(name), Permissions::from_mode(mode)).expect("our own file");
    }
    // Root may write everything.
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    if !rustix::process::geteuid().is_root() {
        command = Command::new(program);
    }
    command.args(["serve", "--config", "graadmeter.toml", "--data-dir", "data"]);
    command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]).current_dir(folder.path());
    let ended = Process::start(command).ended(SOON).await;
    fs::set_permissions(folder.path().join("data"), Permissions::from_mode(0o755)).expect("our own file");
    assert_damaged(&ended, "the data folder data can't be made or written");
}
