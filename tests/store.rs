//! Damage to a store is noticed, repaired or explained.
mod records;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use galvani::numeric::stream::Stream;
use galvani::store::check::Agreement;
use galvani::store::record::{Noted, Record};
use galvani::store::{Opened, Store, StoreError};
use jiff::Timestamp;
use records::{begun, ended, started};
use serde_json::json;

/// The records of an experiment with so many trials.
fn records(trials: u32) -> Vec<Record> {
    std::iter::once(begun()).chain((1..=trials).flat_map(|trial| [started(trial), ended(trial)])).collect()
}

fn filled(trials: u32) -> (tempfile::TempDir, PathBuf, Vec<Record>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (mut store, opened) = Store::open(&path).unwrap();
    assert!(opened.records.is_empty() && opened.warnings.is_empty(), "{opened:?}");
    for record in records(trials) {
        store.append(&record).unwrap();
    }
    assert!(store.take_warnings().is_empty());
    (folder, path, records(trials))
}

/// Opens twice: the first opening repairs, the second finds nothing to repair.
fn reopened(path: &Path) -> Opened {
    let (store, opened) = Store::open(path).unwrap();
    drop(store);
    let (store, again) = Store::open(path).unwrap();
    assert_eq!(again.records, opened.records);
    assert!(again.warnings.is_empty(), "{:?}", again.warnings);
    assert_eq!(Store::read(path).unwrap(), opened.records);
    drop(store);
    let check = Store::check(path).unwrap();
    assert!(check.damaged.is_empty() && check.index == Agreement::Agrees, "{check:?}");
    assert_eq!(check.lines, opened.records.len() as u64);
    opened
}

fn journal(path: &Path) -> PathBuf {
    path.join("journal.jsonl")
}

#[test]
fn what_was_appended_is_read() {
    let (_folder, path, records) = filled(5);
    let opened = reopened(&path);
    assert_eq!(opened.records, records);
    assert!(opened.warnings.is_empty(), "{:?}", opened.warnings);
}

#[test]
fn long_records_are_kept_like_short_ones() {
    let (_folder, path, mut records) = filled(3);
    let long = Noted { key: "curve".into(), value: json!("y".repeat(100_000)), at: Timestamp::UNIX_EPOCH };
    records.push(Record::Noted(long));
    let (mut store, _) = Store::open(&path).unwrap();
    store.append(&records[7]).unwrap();
    drop(store);
    assert_eq!(reopened(&path).records, records);
    fs::remove_dir_all(path.join("index")).unwrap();
    assert_eq!(reopened(&path).records, records);
}

#[test]
fn readers_need_no_lock_and_see_every_acknowledged_record() {
    let (_folder, path, _) = filled(2);
    let (mut store, _) = Store::open(&path).unwrap();
    for trial in 3..10 {
        store.append(&started(trial)).unwrap();
        assert_eq!(Store::read(&path).unwrap().last(), Some(&started(trial)));
    }
    // A line that is being written.
    OpenOptions::new().append(true).open(journal(&path)).unwrap().write_all(b"1234").unwrap();
    assert_eq!(Store::read(&path).unwrap().last(), Some(&started(9)));
}

#[test]
fn a_torn_tail_is_cut_off_with_a_warning() {
    for tail in [&b"0"[..], b"00000000 {\"v\":1,\"kind\":\"started\"", b"00000000 {\"v\":1}\n", &[0; 4096], b"\n"] {
        let (_folder, path, records) = filled(4);
        OpenOptions::new().append(true).open(journal(&path)).unwrap().write_all(tail).unwrap();
        let opened = reopened(&path);
        assert_eq!(opened.records, records);
        assert_eq!(opened.warnings.len(), 1, "{:?}", opened.warnings);
        assert!(opened.warnings[0].contains("unfinished"), "{:?}", opened.warnings);
    }
}

#[test]
fn flipped_bytes_are_restored_from_the_index() {
    let (_folder, path, records) = filled(20);
    let whole = fs::read(journal(&path)).unwrap();
    let mut stream = Stream::of(7, "flips", 0);
    let line_feeds: Vec<usize> = (0..whole.len()).filter(|&byte| whole[byte] == b'\n').collect();
    for round in 0..25 {
        let mut bytes = whole.clone();
        let place = if round < 5 { line_feeds[stream.below(line_feeds.len())] } else { stream.below(whole.len()) };
        bytes[place] = if round < 15 { bytes[place] ^ 1 } else { b'\n' };
        if bytes == whole {
            continue;
        }
        fs::write(journal(&path), &bytes).unwrap();
        let opened = reopened(&path);
        assert_eq!(opened.records, records, "byte {place}");
        assert!(opened.warnings[0].contains("restored"), "{:?}", opened.warnings);
        assert_eq!(fs::read(journal(&path)).unwrap(), whole);
    }
}

#[test]
fn lines_that_the_journal_lost_come_back_from_the_index() {
    let (_folder, path, records) = filled(6);
    let whole = fs::read(journal(&path)).unwrap();
    for length in [whole.len() - 1, whole.len() * 2 / 3, 10, 0] {
        fs::write(journal(&path), &whole[..length]).unwrap();
        let opened = reopened(&path);
        assert_eq!(opened.records, records, "cut to {length}");
        assert!(opened.warnings[0].contains("restored"), "{:?}", opened.warnings);
    }
}

#[test]
fn damage_that_the_index_cannot_repair_names_the_line_and_loses_nothing() {
    let (_folder, path, _) = filled(5);
    let mut bytes = fs::read(journal(&path)).unwrap();
    let fourth = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).unwrap().0 + 20;
    bytes[fourth] ^= 4;
    fs::write(journal(&path), &bytes).unwrap();
    assert!(matches!(Store::read(&path), Err(StoreError::Damaged { line: 4, .. })));
    fs::remove_dir_all(path.join("index")).unwrap();
    let error = Store::open(&path).err().expect("a damaged line");
    assert!(matches!(error, StoreError::Irreparable { line: 4, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("line 4") && text.contains("hint:") && text.contains("journal.jsonl"), "{text}");
    assert_eq!(fs::read(journal(&path)).unwrap(), bytes);
}

#[test]
fn an_index_of_another_journal_repairs_nothing() {
    let (_folder, path, records) = filled(5);
    let (_other_folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let other = other.path().join("store");
    let (mut store, _) = Store::open(&other).unwrap();
    store.append(&begun()).unwrap();
    for trial in 11..=30 {
        store.append(&started(trial)).unwrap();
    }
    drop(store);
    fs::remove_dir_all(path.join("index")).unwrap();
    fs::rename(other.join("index"), path.join("index")).unwrap();
    let opened = reopened(&path);
    assert_eq!(opened.records, records);
    assert!(opened.warnings[0].contains("rebuilt"), "{:?}", opened.warnings);
}

#[test]
fn a_missing_or_damaged_index_is_rebuilt() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("missing", |index| fs::remove_dir_all(index).unwrap()),
        ("overwritten", |index| fs::write(index.join("db"), vec![0xa5; 300_000]).unwrap()),
        ("cut", |index| OpenOptions::new().write(true).open(index.join("db")).unwrap().set_len(100).unwrap()),
        ("a file", |index| {
            fs::remove_dir_all(index).unwrap();
            fs::write(index, b"nonsense").unwrap();
        }),
    ];
    for (name, damage) in damages {
        let (_folder, path, records) = filled(5);
        damage(&path.join("index"));
        let opened = reopened(&path);
        assert_eq!(opened.records, records, "{name}");
        assert!(opened.warnings.iter().any(|warning| warning.contains("rebuilt")), "{name}: {:?}", opened.warnings);
    }
}

#[test]
fn an_index_that_is_behind_catches_up_in_silence() {
    let (_folder, path, mut records) = filled(5);
    let copy = path.with_file_name("copy");
    assert!(Command::new("cp").arg("-r").arg(path.join("index")).arg(&copy).status().unwrap().success());
    let (mut store, _) = Store::open(&path).unwrap();
    store.append(&started(6)).unwrap();
    drop(store);
    fs::remove_dir_all(path.join("index")).unwrap();
    fs::rename(&copy, path.join("index")).unwrap();
    records.push(started(6));
    let opened = reopened(&path);
    assert_eq!(opened.records, records);
    assert!(opened.warnings.is_empty(), "{:?}", opened.warnings);
}

#[test]
fn a_half_written_snapshot_does_not_matter() {
    let (_folder, path, records) = filled(5);
    File::create(path.join("index/snap.FFFFFFFFFFFFFFFF.generating")).unwrap();
    let opened = reopened(&path);
    assert_eq!(opened.records, records);
    assert!(opened.warnings.is_empty(), "{:?}", opened.warnings);
}

#[test]
fn what_is_written_is_durable_once_it_is_counted() {
    let (_folder, path, mut records) = filled(1);
    let (mut store, _) = Store::open(&path).unwrap();
    let mut last = store.durable().unwrap();
    assert_eq!(last, records.len() as u64);
    for trial in 2..=300 {
        assert_eq!(store.write(&started(trial)).unwrap(), last + 1);
        last += 1;
        records.push(started(trial));
        // Readers see it at once, and the disk is never ahead of the file.
        assert_eq!(Store::read(&path).unwrap().len() as u64, last);
        assert!(store.durable().unwrap() <= last);
    }
    store.wait(last).unwrap();
    assert_eq!(store.durable().unwrap(), last);
    drop(store);
    assert_eq!(reopened(&path).records, records);
}

#[test]
fn a_check_says_what_is_wrong_and_a_rebuild_mends_it() {
    let (_folder, path, records) = filled(5);
    let whole = fs::read(journal(&path)).unwrap();
    let flip = |byte: usize| {
        let mut bytes = whole.clone();
        bytes[byte] ^= 4;
        fs::write(journal(&path), bytes).unwrap();
    };
    let fourth = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).unwrap().0 + 20;
    flip(fourth);
    let check = Store::check(&path).unwrap();
    assert!(!check.is_sound());
    assert_eq!((check.damaged.len(), check.damaged[0].line, check.damaged[0].is_repairable), (1, 4, Some(true)));
    assert_eq!(check.index, Agreement::Disagrees);
    let done = Store::rebuild(&path, false).unwrap();
    assert!(done[0].contains("restored line 4") && done.last().unwrap().contains("11 lines"), "{done:?}");
    assert_eq!(fs::read(journal(&path)).unwrap(), whole);
    assert_eq!(reopened(&path).records, records);

    // Without the index the line is gone; what came before it is kept, and the old file too, only where that is asked for.
    flip(fourth);
    fs::remove_dir_all(path.join("index")).unwrap();
    let check = Store::check(&path).unwrap();
    assert_eq!((check.damaged[0].is_repairable, &check.index), (Some(false), &Agreement::Missing));
    assert!(matches!(Store::rebuild(&path, false), Err(StoreError::Irreparable { line: 4, .. })));
    let done = Store::rebuild(&path, true).unwrap();
    assert!(done[0].contains("gave up line 4") && done[0].contains("damaged-2.jsonl"), "{done:?}");
    assert_eq!(reopened(&path).records, records[..3]);
}

#[test]
fn a_check_disturbs_no_writer_and_counts_each_result_once() {
    let (_folder, path, _) = filled(1);
    let (mut store, _) = Store::open(&path).unwrap();
    store.append(&ended(7)).unwrap();
    let check = Store::check(&path).unwrap();
    assert!(matches!(&check.index, Agreement::Busy { holder } if holder.contains("process")), "{check:?}");
    // None of these trials was asked for, and a check says so.
    assert_eq!(check.contradictions.len(), 3, "{check:?}");
    assert!(check.contradictions[2].contains("trial 7"), "{check:?}");
    store.append(&started(8)).unwrap();
}

#[test]
fn a_second_writer_is_told_who_writes() {
    let (_folder, path, _) = filled(1);
    let (first, _) = Store::open(&path).unwrap();
    let text = Store::open(&path).err().expect("it is locked").to_string();
    assert!(text.contains(&format!("process {}", std::process::id())) && text.contains("hint:"), "{text}");
    drop(first);
    assert!(Store::open(&path).is_ok());
}

#[test]
fn what_is_no_store_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Store::read(&folder.path().join("none")), Err(StoreError::Missing { .. })));
    let sealed = |json: &str| format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
    for (text, expected) in [
        (sealed("{\"v\":99,\"kind\":\"begun\"}"), "newer version"),
        (String::from_utf8(galvani::store::journal::encode(&started(1))).unwrap(), "does not begin an experiment"),
        (sealed("{\"cost\": 3}"), "not a journal"),
    ] {
        fs::write(journal(folder.path()), &text).unwrap();
        for error in [Store::open(folder.path()).err(), Store::read(folder.path()).err()] {
            let error = error.expect("no store").to_string();
            assert!(error.contains(expected) && error.contains("hint:"), "{error}");
        }
        assert_eq!(fs::read_to_string(journal(folder.path())).unwrap(), text);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    // Who may write everywhere finds no closed door.
    let privileged = File::create(closed.join("probe")).is_ok();
    for path in [folder.path().join("file/store"), PathBuf::from("/proc/store"), closed.join("store")] {
        if privileged && path.starts_with(&closed) {
            continue;
        }
        let text = Store::open(&path).err().expect("it cannot be written").to_string();
        assert!(text.contains(&*path.to_string_lossy()) && text.contains("hint:"), "{text}");
    }
}
