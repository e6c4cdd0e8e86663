//! What may a document look like, byte by byte? Nodes that name each other, and the fewest bytes that each needs.

use std::fmt;

use crate::LocalModelError;

/// Nodes at most: a schema of that size takes megabytes.
pub(crate) const MAXIMUM_NODES: usize = 50_000;
/// The fewest bytes of what can never be complete.
pub(crate) const NEVER: u32 = u32::MAX;
/// As a most: without end.
pub(crate) const UNBOUNDED: u32 = u32::MAX;

/// A node's place.
pub(crate) type NodeId = u32;

/// A part of a document.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// These bytes.
    Literal(Box<[u8]>),
    /// One digit, from the first to the second.
    Digit(u8, u8),
    /// All of them, in turn.
    Sequence(Box<[NodeId]>),
    /// One of them.
    Choice(Vec<NodeId>),
    /// `first`, then `further` again and again: so many in all.
    Repeat { first: NodeId, further: NodeId, least: u32, most: u32 },
    /// Characters of a string, between its quotes.
    Characters { least: u32, most: u32 },
    /// Members in this order, and the closing brace.
    Members(Box<[Member]>),
}

/// A property of an object.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Its name, a colon, its value.
    pub(crate) plain: NodeId,
    /// The same behind a comma.
    pub(crate) after_comma: NodeId,
    pub(crate) required: bool,
}

/// What answers are held to.
#[derive(Clone)]
pub struct Grammar {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: NodeId,
    pub(crate) closing_brace: NodeId,
    /// The fewest bytes of each node.
    pub(crate) fewest: Vec<u32>,
}

impl fmt::Debug for Grammar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grammar").field("nodes", &self.nodes.len()).field("fewest_bytes", &self.fewest_bytes()).finish_non_exhaustive()
    }
}

impl Grammar {
    /// Closes a grammar: counts the fewest bytes of each node, and refuses what never ends.
    pub(crate) fn new(nodes: Vec<Node>, root: NodeId, closing_brace: NodeId) -> Result<Self, LocalModelError> {
        let mut grammar = Self { fewest: vec![NEVER; nodes.len()], nodes, root, closing_brace };
        // Each round settles at least one node more, or ends it.
        loop {
            let mut changed = false;
            for id in 0..grammar.nodes.len() {
                let fewest = grammar.count(&grammar.nodes[id]);
                if fewest < grammar.fewest[id] {
                    grammar.fewest[id] = fewest;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        if grammar.fewest_bytes() == NEVER {
            return Err(schema_error("", "no document is ever complete: a part of it requires itself, or is forbidden"));
        }
        grammar.refuse_circles()?;
        Ok(grammar)
    }

    /// The fewest bytes of a document.
    #[must_use]
    pub fn fewest_bytes(&self) -> u32 {
        self.fewest[self.root as usize]
    }

    fn count(&self, node: &Node) -> u32 {
        let of = |id: &NodeId| self.fewest[*id as usize];
        match node {
            Node::Literal(bytes) => bytes.len() as u32,
            Node::Digit(..) => 1,
            Node::Sequence(nodes) => nodes.iter().fold(0, |sum, id| sum.saturating_add(of(id))),
            Node::Choice(nodes) => nodes.iter().map(of).min().unwrap_or(NEVER),
            Node::Repeat { least: 0, .. } => 0,
            Node::Repeat { first, further, least, .. } => of(first).saturating_add(times(of(further), least - 1)),
            Node::Characters { least, .. } => *least,
            Node::Members(members) => self.members(members, false),
        }
    }

    /// The fewest bytes of the rest of an object.
    pub(crate) fn members(&self, members: &[Member], mut any: bool) -> u32 {
        let mut sum = 1_u32;
        for member in members.iter().filter(|member| member.required) {
            let id = if any { member.after_comma } else { member.plain };
            sum = sum.saturating_add(self.fewest[id as usize]);
            any = true;
        }
        sum
    }

    /// A choice that leads to itself with no byte between would never be resolved.
    fn refuse_circles(&self) -> Result<(), LocalModelError> {
        // 0 not seen, 1 on the way, 2 done.
        let mut marks = vec![0_u8; self.nodes.len()];
        for start in 0..self.nodes.len() {
            let mut way = vec![(start, 0)];
            while let Some((id, next)) = way.pop() {
                if next == 0 {
                    if marks[id] != 0 {
                        continue;
                    }
                    marks[id] = 1;
                }
                let Node::Choice(nodes) = &self.nodes[id] else {
                    marks[id] = 2;
                    continue;
                };
                let Some(child) = nodes.get(next) else {
                    marks[id] = 2;
                    continue;
                };
                way.push((id, next + 1));
                match marks[*child as usize] {
                    0 => way.push((*child as usize, 0)),
                    1 => return Err(schema_error("", "a reference leads to itself")),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// A product that stays at [`NEVER`].
pub(crate) const fn times(fewest: u32, count: u32) -> u32 {
    if count == 0 { 0 } else { fewest.saturating_mul(count) }
}

pub(crate) fn schema_error(at: &str, why: impl Into<String>) -> LocalModelError {
    LocalModelError::Schema { at: if at.is_empty() { "its root".into() } else { at.into() }, why: why.into() }
}
