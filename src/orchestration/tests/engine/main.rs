//! Does the engine do what it promises, on a real store and with real agents?

mod accounts;
mod attempts;
mod recovery;
mod requests;
mod world;
