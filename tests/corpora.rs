//! Every input that is kept for the fuzz targets, among them each that once failed, keeps what its target promises.
use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

#[test]
fn kept_inputs_break_no_promise() {
    for (name, target) in fuzz::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora").join(name);
        let mut count = 0;
        for entry in fs::read_dir(&folder).expect("a corpus for each target") {
            let path = entry.expect("a readable folder").path();
            println!("{}", path.display()); // shown where it fails
            target(&fs::read(&path).expect("a readable file"));
            count += 1;
        }
        assert!(count >= 2, "{}: {count} inputs", folder.display());
    }
}
