//! Numbers of a journal: operations, states of trials, directions of objectives.

pub(super) const CREATE_STUDY: u64 = 0;
pub(super) const DELETE_STUDY: u64 = 1;
pub(super) const SET_STUDY_USER_ATTRIBUTE: u64 = 2;
pub(super) const SET_STUDY_SYSTEM_ATTRIBUTE: u64 = 3;
pub(super) const CREATE_TRIAL: u64 = 4;
pub(super) const SET_PARAMETER: u64 = 5;
pub(super) const SET_STATE: u64 = 6;
pub(super) const SET_INTERMEDIATE_VALUE: u64 = 7;
pub(super) const SET_USER_ATTRIBUTE: u64 = 8;
pub(super) const SET_SYSTEM_ATTRIBUTE: u64 = 9;

pub(super) const COMPLETE: u64 = 1;
pub(super) const PRUNED: u64 = 2;
pub(super) const FAILED: u64 = 3;
pub(super) const WAITING: u64 = 4;

/// An early study whose direction was not told; Optuna minimizes it.
pub(super) const NOT_SET: u64 = 0;
pub(super) const MINIMIZE: u64 = 1;
pub(super) const MAXIMIZE: u64 = 2;

/// The user attribute that holds a trial's budget.
pub(super) const BUDGET: &str = "budget";

/// The user attribute that holds the trials of a configuration, one a rung.
pub(super) const RUNGS: &str = "rungs";
