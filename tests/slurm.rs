//! Runs on a real Slurm of four nodes on this machine, whatever happens to it: no result is lost, none counts twice, nothing stays.
//!
//! Needs root and the packages `slurm-wlm` and `munge`; where one is missing, every test says that it was skipped.
#![cfg(feature = "serve")]
#[path = "slurm/cluster.rs"]
mod cluster;
#[path = "slurm/sweep.rs"]
mod sweep;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use cluster::Cluster;
use sweep::Sweep;

/// A cluster for one test, or `None` where there cannot be one, which is said.
fn cluster(settings: &[(&str, &str)]) -> Option<Cluster> {
    let cluster = Cluster::up(settings);
    if cluster.is_none() {
        eprintln!("skipped: no Slurm here (root, slurm-wlm and munge are needed)");
    }
    cluster
}

#[test]
fn a_sweep_with_hyperband_gives_every_worker_a_gpu_of_its_own() {
    let Some(cluster) = cluster(&[]) else { return };
    let sweep = Sweep::new(&cluster, 8, "gpus_per_worker: 1", "budget: (min: 1, max: 27, eta: 3), ", 200, "0.1");
    sweep.run().expect_success();
    let results = sweep.results();
    let pairs: BTreeSet<_> = results.iter().map(|result| (result.x.clone(), result.budget.clone())).collect();
    assert_eq!((results.len(), pairs.len()), (200, 200), "none lost, none twice");
    let devices = sweep.devices();
    assert_eq!(devices.len(), 8, "{devices:?}");
    let nodes: BTreeSet<_> = devices.iter().map(|device| device.split(' ').next()).collect();
    assert_eq!(nodes.len(), 4, "{devices:?}");
    sweep.leaves_nothing();
}

#[test]
fn a_dead_node_loses_no_result() {
    let Some(cluster) = cluster(&[]) else { return };
    let sweep = Sweep::new(&cluster, 8, "gpus_per_worker: 1", "", 64, "1");
    let run = sweep.run();
    run.wait_for(8);
    cluster.call(&["crash-node", "n2"]);
    run.expect_success();
    sweep.is_undisturbed();
    assert!(sweep.lost() >= 1, "its trials were started again");
    sweep.leaves_nothing();
}

#[test]
fn an_outage_of_the_controller_changes_nothing() {
    let Some(cluster) = cluster(&[]) else { return };
    let sweep = Sweep::new(&cluster, 8, "gpus_per_worker: 1", "", 64, "2");
    let run = sweep.run();
    run.wait_for(8);
    cluster.call(&["stop-controller"]);
    thread::sleep(Duration::from_secs(30));
    cluster.call(&["start-controller"]);
    run.expect_success();
    sweep.is_undisturbed();
    assert_eq!((sweep.lost(), sweep.arrays()), (0, 1), "no worker was given up, none was submitted again");
    sweep.leaves_nothing();
}

#[test]
fn a_coordinator_that_was_killed_finds_its_workers_again() {
    let Some(cluster) = cluster(&[]) else { return };
    let sweep = Sweep::new(&cluster, 8, "gpus_per_worker: 1", "", 64, "1");
    let run = sweep.run();
    run.wait_for(8);
    run.kill();
    thread::sleep(Duration::from_secs(3));
    sweep.run().expect_success();
    sweep.is_undisturbed();
    assert_eq!(sweep.arrays(), 1, "a second array was submitted");
    sweep.leaves_nothing();
}

#[test]
fn jobs_that_their_user_cancels_are_replaced() {
    let Some(cluster) = cluster(&[]) else { return };
    let sweep = Sweep::new(&cluster, 8, "gpus_per_worker: 1", "", 64, "1");
    let run = sweep.run();
    run.wait_for(8);
    cluster.run("scancel", &["--user=root"]);
    run.expect_success();
    sweep.is_undisturbed();
    assert!(sweep.arrays() >= 2, "what was cancelled was submitted again");
    sweep.leaves_nothing();
}

#[test]
fn preempted_workers_are_replaced() {
    let Some(cluster) = cluster(&[]) else { return };
    let sweep = Sweep::new(&cluster, 8, "gpus_per_worker: 1, partition: \"spot\"", "", 96, "2");
    let run = sweep.run();
    run.wait_for(8);
    cluster.run("sbatch", &["-p", "gpu", "--array=0-3", "--gres=gpu:1", "-o", "/dev/null", "--wrap=exec sleep 8"]);
    run.expect_success();
    sweep.is_undisturbed();
    assert!(sweep.arrays() >= 2, "nobody was preempted");
    sweep.leaves_nothing();
}

#[test]
fn jobs_that_vanish_from_the_queue_are_replaced() {
    let Some(cluster) = cluster(&[("MIN_JOB_AGE", "2")]) else { return };
    let sweep = Sweep::new(&cluster, 4, "gpus_per_worker: 1", "", 32, "1");
    let run = sweep.run();
    run.wait_for(4);
    run.kill();
    cluster.run("scancel", &["--user=root"]);
    // Slurm sweeps its records every minute or so.
    cluster.wait_until("the jobs are forgotten", || cluster.run("squeue", &["-h", "-t", "all"]).is_empty());
    sweep.run().expect_success();
    sweep.is_undisturbed();
    assert_eq!(sweep.arrays(), 2);
    sweep.leaves_nothing();
}

#[test]
fn an_interruption_leaves_no_job() {
    let Some(cluster) = cluster(&[]) else { return };
    let sweep = Sweep::new(&cluster, 4, "gpus_per_worker: 1", "", 64, "1");
    let run = sweep.run();
    run.wait_for(4);
    run.interrupt();
    assert_eq!(run.ended().code(), Some(130));
    sweep.leaves_nothing();
    sweep.run().expect_success();
    sweep.is_undisturbed();
    sweep.leaves_nothing();
}

#[test]
fn a_check_asks_the_cluster() {
    let Some(cluster) = cluster(&[]) else { return };
    let check = |executor: &str| {
        let sweep = Sweep::new(&cluster, 4, executor, "", 4, "0");
        let output = sweep.galvani(&["check", "e.ron"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text)
    };
    let (code, text) = check("gpus_per_worker: 2");
    assert_eq!(code, Some(0), "{text}");
    for part in ["sbatch --parsable --array=0-3", "--gres=gpu:2", "--time=0-00:10:00", "exec ", "Slurm: Job "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for (executor, words, hint) in [
        ("partition: \"nope\"", "nvalid partition", "sinfo -s"),
        ("gpus_per_worker: 3", "node configuration is not available", "%G"),
        ("extra: [\"--constraint=h100\"]", "nvalid feature", "features"),
        ("extra: [\"--nonsense\"]", "unrecognized option", "sbatch --help"),
    ] {
        let (code, text) = check(executor);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(words) && text.contains(hint), "{text}");
    }
    assert!(cluster.run("squeue", &["-h", "-t", "all"]).is_empty(), "a check submits nothing");
}
