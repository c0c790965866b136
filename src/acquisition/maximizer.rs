//! Local and random search
