//! Journals: bytes of a run's log, as they are and with every checksum made right.
use galvani::experiment::replay::fold::Replay;
use galvani::space::Space;
use galvani::store::journal::{Fault, decode, decode_line, encode};
use galvani::store::record::Record;
use galvani::store::repair::repair;

use super::path;

/// The bytes of a journal; lines without the right checksum are also read with it, else nothing would get past it.
pub fn journals(data: &[u8]) {
    check_prefix(data);
    let mut sealed = Vec::new();
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        sealed.extend(sealed_line(line));
    }
    check_prefix(&sealed);
    check_replay(&sealed);
    for line in sealed.split_inclusive(|&byte| byte == b'\n') {
        match decode_line(line) {
            Ok(record) => assert_eq!(decode_line(&encode(&record)), Ok(record)),
            Err(Fault::Foreign(reason)) => assert!(!reason.is_empty()),
            Err(Fault::Damaged | Fault::Newer(_)) => {}
        }
    }
}

/// A line with the checksum of its text.
fn sealed_line(line: &[u8]) -> Vec<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let json = line.get(9..).filter(|_| line.get(8) == Some(&b' ')).unwrap_or(line);
    [format!("{:08x} ", crc32(json)).as_bytes(), json, b"\n"].concat()
}

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

/// Every record before the first fault is read, in order, and what a repair keeps is a journal of exactly those.
fn check_prefix(bytes: &[u8]) {
    let lines = decode(bytes);
    assert_eq!(lines.iter().map(|line| line.bytes.len()).sum::<usize>(), bytes.len(), "every byte is in a line");
    let sound: Vec<Record> = lines.iter().map_while(|line| line.record.clone().ok()).collect();
    let is_sound = sound.len() == lines.len();
    match repair(lines, None) {
        Ok(repaired) => {
            assert_eq!(repaired.records, sound, "a repair without an index keeps what is sound");
            assert!(bytes.starts_with(&repaired.lines) && repaired.lines.len() + repaired.cut == bytes.len());
            let again: Vec<_> = decode(&repaired.lines).into_iter().map(|line| line.record).collect();
            assert_eq!(again, sound.into_iter().map(Ok).collect::<Vec<_>>(), "it is read again");
        }
        Err(reason) => {
            assert!(!is_sound, "{reason:?} in a sound journal");
            assert_eq!(reason.line as usize, sound.len() + 1, "{reason:?}");
        }
    }
}

/// Records in any order and number are replayed, or refused in words.
fn check_replay(bytes: &[u8]) {
    let records: Vec<Record> = decode(bytes).into_iter().map_while(|line| line.record.ok()).collect();
    let Some(Record::Begun(begun)) = records.first() else { return };
    let Ok(space) = Space::parse(&begun.space, path()) else { return };
    match Replay::of(&records, &space, false) {
        Ok(replay) => {
            let history = &replay.history;
            assert_eq!(replay.details.len(), history.trials().len());
            let running = history.trials().iter().filter(|trial| trial.outcome.is_none()).count();
            assert_eq!(replay.unfinished().count(), running);
        }
        Err(error) => assert!(!error.to_string().is_empty(), "{error:?}"),
    }
}
