//! Do decisions end, count each ballot once, and say why, whoever answers and whatever crashes?

mod crashes;
mod lab;
mod people;
mod steps;
mod voters;
mod words;
mod world;
