//! Does the engine do what it promises, on a real store and with real agents?

mod accounts;
mod analysis;
mod asks;
mod attempts;
mod balancing;
mod bulk;
mod citations;
mod dependencies;
mod egress;
mod labels;
mod memories;
mod outside;
mod pace;
mod pausing;
mod recovery;
mod refusals;
mod rehearsals;
mod requests;
mod sharing;
mod threads;
mod turns;
mod voters;
mod world;
