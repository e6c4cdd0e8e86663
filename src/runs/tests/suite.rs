//! Do runs outlive everything?
