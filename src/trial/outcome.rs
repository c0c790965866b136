//! What came of a trial: finished, diverged, crashed, timed out, out of memory, lost, pruned.

/// The end of a trial. A failure is data, never a cost that stands for one.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A finite cost, smaller is better.
    Finished { cost: f64 },
    /// Finite costs of several objectives, in their order.
    Traded { costs: Vec<f64> },
    /// The objective became NaN or infinite.
    Diverged,
    /// The program failed; the end of what it said.
    Crashed { message: String },
    /// It exceeded its time.
    TimedOut,
    /// It exceeded its memory on the host.
    OutOfMemory,
    /// Its accelerator had no memory left.
    OutOfDeviceMemory,
    /// Its worker disappeared; nothing is known of the configuration.
    Lost,
    /// It was ended because what it reported fell behind; its curve says how good it was.
    Pruned,
}

impl Outcome {
    /// A cost as reported: NaN and infinity mean that the objective diverged.
    pub fn of_cost(cost: f64) -> Self {
        if cost.is_finite() { Self::Finished { cost } } else { Self::Diverged }
    }

    /// The same of several objectives.
    pub fn of_costs(costs: Vec<f64>) -> Self {
        match costs[..] {
            [cost] => Self::of_cost(cost),
            _ if costs.iter().all(|cost| cost.is_finite()) => Self::Traded { costs },
            _ => Self::Diverged,
        }
    }

    /// The cost of a success; of several objectives, that of the first.
    pub fn cost(&self) -> Option<f64> {
        self.costs().first().copied()
    }

    /// The costs of a success, one for each objective; none of any other end.
    pub fn costs(&self) -> &[f64] {
        match self {
            Self::Finished { cost } => std::slice::from_ref(cost),
            Self::Traded { costs } => costs,
            _ => &[],
        }
    }

    /// Whether it says how good its configuration is at its budget: a cost, or that it has none.
    pub fn is_judged(&self) -> bool {
        !matches!(self, Self::Lost | Self::Pruned)
    }

    /// Whether the configuration is to blame.
    pub fn is_failure(&self) -> bool {
        self.is_judged() && self.cost().is_none()
    }

    /// The word for it in files and listings.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Finished { .. } | Self::Traded { .. } => "finished",
            Self::Diverged => "diverged",
            Self::Crashed { .. } => "crashed",
            Self::TimedOut => "timed_out",
            Self::OutOfMemory => "out_of_memory",
            Self::OutOfDeviceMemory => "out_of_device_memory",
            Self::Lost => "lost",
            Self::Pruned => "pruned",
        }
    }
}
