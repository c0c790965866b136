//! A program with a task of its own: it understands every verb of `galvani`, and runs each trial in its own process.
//!
//! `cargo run --no-default-features --example custom_task -- run examples/custom_task.ron`
use std::fs;
use std::process::ExitCode;

use galvani::{Report, Request, Task, TaskError, Tasks};

/// Gradient descent on the Rosenbrock function, which goes on from its checkpoint at a higher budget.
struct Descent;

impl Task for Descent {
    fn evaluate(&self, request: &Request, progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError> {
        let (rate, momentum) = (request.float("rate")?, request.float("momentum")?);
        let file = request.checkpoint.join("state");
        let [mut done, mut x, mut y, mut dx, mut dy] = read(&file).unwrap_or([0.0, -1.2, 1.0, 0.0, 0.0]);
        while done < request.budget {
            let slope = (-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x));
            (dx, dy) = (momentum * dx - rate * slope.0, momentum * dy - rate * slope.1);
            (x, y, done) = (x + dx, y + dy, done + 1.0);
            progress(done / request.budget);
        }
        let state = [done, x, y, dx, dy].map(|number| number.to_string()).join(" ");
        fs::create_dir_all(&request.checkpoint)
            .and_then(|()| fs::write(&file, state))
            .map_err(|error| TaskError::new(format!("{}: {error}", file.display())))?;
        Ok(Report::of_cost((1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)))
    }
}

/// The state in a checkpoint: steps, position and velocity.
fn read(file: &std::path::Path) -> Option<[f64; 5]> {
    let numbers: Option<Vec<f64>> = fs::read_to_string(file).ok()?.split(' ').map(|word| word.parse().ok()).collect();
    numbers?.try_into().ok()
}

pub fn main() -> ExitCode {
    galvani::main_with(Tasks::new().with("descent", Descent))
}
