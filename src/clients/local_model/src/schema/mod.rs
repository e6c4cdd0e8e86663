//! How is an answer held to a JSON Schema? By allowing, at each step, only the tokens that can still become a valid document.
//!
//! A schema is compiled to a [`grammar`] of bytes; an [`automaton`] that grows as it is used says where each byte leads and how
//! many bytes close the document from there; the [`vocabulary`] is walked as a trie through it. A token is allowed only if the
//! document can be closed with the tokens that are left, so an answer is valid by construction, whatever the model prefers.
//!
//! Documents have no white space but one space where a comma or a colon has been, objects have their properties in the
//! order of the schema (`x-order` first) and no others, numbers have no exponents, and strings no `\u` escapes. All of that is
//! a choice within what the schema allows.

mod automaton;
mod compile;
mod constraint;
mod grammar;
mod numbers;
mod one_of;
mod vocabulary;

pub use constraint::Constraint;
pub use grammar::Grammar;
pub use vocabulary::Vocabulary;
