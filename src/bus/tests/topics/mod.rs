//! Do topics keep their word on a real store, with a real Redis that fails?
mod delivery;
mod outage;
mod world;
