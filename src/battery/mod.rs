//! A lithium-ion cell: its simulation, its dataset, and models that learn it.
