//! A study over HTTP: programs ask and tell, what a dead one held is given out again, and late results count for nothing.
#![cfg(feature = "serve")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

const EXPERIMENT: &str = r#"(
    name: "shared",
    search_space: (parameters: { "x": Float(min: 0, max: 1) }),
    budget: (min: 1, max: 9, eta: 3),
    optimizer: (intensifier: FullFidelity, search: Random),
    stop: (trials: 12),
    seed: 3,
)"#;

struct Study {
    folder: TempDir,
    process: Child,
    file: Value,
}

impl Drop for Study {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Study {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shared.ron"), EXPERIMENT).unwrap();
        let process = Self::start(&folder);
        let mut study = Self { folder, process, file: Value::Null };
        study.find();
        study
    }

    fn start(folder: &TempDir) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(["ask-tell", "shared.ron", "--listen=127.0.0.1:0"]).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn find(&mut self) {
        let path = self.folder.path().join("runs/shared/coordinator.json");
        let begun = Instant::now();
        loop {
            let text = fs::read(&path).ok();
            if let Some(file) = text.and_then(|text| serde_json::from_slice::<Value>(&text).ok())
                && file != self.file
            {
                self.file = file;
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no coordinator.json");
            sleep(Duration::from_millis(10));
        }
    }

    /// The status and the body of the answer to a request.
    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (address, token) = (self.file["address"].as_str().unwrap(), self.file["token"].as_str().unwrap());
        let body = body.to_string();
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn ok(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, &body);
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }
}

#[test]
fn programs_share_a_study() {
    let mut study = Study::new();
    let first = study.ok("/ask", json!({ "count": 3 }));
    let numbers: Vec<u64> =
        first["trials"].as_array().unwrap().iter().map(|it| it["trial"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!((&first["trials"][0]["attempt"], &first["trials"][0]["lease"]), (&json!(1), &json!(600.0)));
    assert_eq!(study.ok("/pending", json!({}))["trials"].as_array().unwrap().len(), 3);

    let tell = json!({ "trial": 1, "attempt": 1, "cost": 0.5 });
    for _ in 0..2 {
        assert_eq!(study.ok("/tell", tell.clone()), json!({ "ok": true }));
    }
    let (status, other) = study.post("/tell", &json!({ "trial": 1, "cost": 0.4 }));
    assert!(status == 400 && other["error"].as_str().unwrap().contains("told already"), "{other}");
    assert_eq!(study.ok("/best", json!({}))["cost"], json!(0.5));

    // A program that died: its trial is given to the next one.
    let held = study.ok("/ask", json!({ "lease": 0.3 }))["trials"][0].clone();
    assert_eq!(held["trial"], json!(4));
    sleep(Duration::from_millis(600));
    let again = study.ok("/ask", json!({}))["trials"][0].clone();
    assert_eq!((&again["trial"], &again["attempt"], &again["config"]), (&json!(4), &json!(2), &held["config"]));
    assert_eq!(study.post("/keep", &json!({ "trial": 4, "attempt": 1 })).0, 400);
    assert_eq!(study.ok("/keep", json!({ "trial": 4, "attempt": 2 })), json!({ "ok": true }));
    let late = study.ok("/tell", json!({ "trial": 4, "attempt": 1, "cost": -9 }));
    assert_eq!(late, json!({ "ok": true, "late": true }));
    study.ok("/tell", json!({ "trial": 4, "attempt": 2, "cost": 0.7 }));
    assert_eq!(study.ok("/best", json!({}))["cost"], json!(0.5));

    study.ok("/enqueue", json!({ "config": { "x": 0.25 } }));
    assert_eq!(study.ok("/ask", json!({}))["trials"][0]["config"], json!({ "x": 0.25 }));
    let report = study.ok("/report", json!({ "trial": 2, "attempt": 1, "budget": 0.5, "cost": 1 }));
    assert_eq!(report, json!({ "ok": true, "prune": false }));
    for (path, body) in [
        ("/ask", json!([])),
        ("/ask", json!({ "lease": -1 })),
        ("/tell", json!({ "cost": 1 })),
        ("/enqueue", json!({ "config": { "y": 1 } })),
        ("/tell", json!({ "trial": 2, "attempt": "x", "cost": 1 })),
    ] {
        let (status, answer) = study.post(path, &body);
        assert!(status == 400 && answer["error"].is_string(), "{path} {body}: {answer}");
    }
    let token = std::mem::replace(&mut study.file["token"], json!("0".repeat(64)));
    assert_eq!(study.post("/ask", &json!({})).0, 401);
    study.file["token"] = token;

    // Killed and started again, it gives away what was not told.
    study.process.kill().unwrap();
    study.process.wait().unwrap();
    study.process = Study::start(&study.folder);
    study.find();
    let left = study.ok("/ask", json!({ "count": 3 }));
    let left: Vec<(u64, u64)> = left["trials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["trial"].as_u64().unwrap(), it["attempt"].as_u64().unwrap()))
        .collect();
    assert_eq!(left.iter().map(|(trial, _)| *trial).collect::<Vec<_>>(), [2, 3, 5]);
}
