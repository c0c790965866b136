//! Domains and priors in words, for tables and messages.
use std::fmt;

use crate::document::shortest;
use crate::space::domain::Domain;
use crate::space::prior::Prior;
use crate::space::value::Value;

impl fmt::Display for Domain {
    /// For example `0.0001 to 0.1, log`.
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let log = |log: &bool| if *log { ", log" } else { "" };
        let list = |values: &[Value]| values.iter().map(Value::unmistakable).collect::<Vec<_>>().join(", ");
        match self {
            Self::Float { min, max, log: is_log } => {
                write!(out, "{} to {}{}", shortest(*min), shortest(*max), log(is_log))
            }
            Self::Integer { min, max, log: is_log } => write!(out, "{min} to {max}, whole{}", log(is_log)),
            Self::Steps(steps) => {
                write!(
                    out,
                    "{} to {} in steps of {}",
                    shortest(steps.min()),
                    shortest(steps.max()),
                    shortest(steps.step())
                )
            }
            Self::Ordinal { values } => out.write_str(&list(values)),
            Self::Categorical { choices } => write!(out, "one of {}", list(choices)),
            Self::Constant { value } => write!(out, "always {}", value.unmistakable()),
        }
    }
}

impl fmt::Display for Prior {
    /// For example `normal around 3 ± 1`; nothing for the uniform prior.
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Uniform => Ok(()),
            Self::Normal { mean, deviation } => {
                write!(out, "normal around {} ± {}", shortest(*mean), shortest(*deviation))
            }
            Self::LogNormal { median, deviation } => {
                write!(out, "log-normal around {}, deviation {}", shortest(*median), shortest(*deviation))
            }
            Self::Beta { alpha, beta } => write!(out, "beta ({}, {})", shortest(*alpha), shortest(*beta)),
            Self::Weights(weights) => {
                let total: f64 = weights.iter().sum();
                let shares = weights.iter().map(|weight| format!("{:.0} %", 100.0 * weight / total));
                out.write_str(&shares.collect::<Vec<_>>().join(", "))
            }
        }
    }
}
