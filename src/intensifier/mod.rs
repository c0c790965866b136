//! Who deserves more budget.
