//! Where does each byte lead? An automaton over the grammar that is made as it is walked.
//!
//! A state is a set of stacks: what may be open at this point, for each way to read the document so far. Stacks share their
//! lower parts and are numbered, states and their transitions are kept, so that walking known ground is a look-up.

use std::collections::HashMap;

use super::grammar::{Grammar, NEVER, Node, NodeId, UNBOUNDED, times};

/// A state's number.
pub(super) type StateId = u32;
/// Where nothing can follow.
pub(super) const DEAD: StateId = 0;
const UNKNOWN: StateId = StateId::MAX;
/// States at most before all but the current one are forgotten: 16 MiB of transitions.
const MAXIMUM_STATES: usize = 16_384;

type StackId = u32;
/// Nothing is open: the document is complete.
const EMPTY: StackId = 0;

/// How much of a character was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    /// None of it.
    None,
    /// So many bytes of it are to come, each from 0x80 to 0xBF.
    Left(u8),
    /// Its next byte lies between these; then so many are to come.
    Next(u8, u8, u8),
    /// A backslash.
    Escape,
}

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Frame {
    Literal { node: NodeId, at: u32 },
    Digit { node: NodeId },
    Characters { least: u32, most: u32, part: Part },
    Sequence { node: NodeId, next: u32 },
    Repeat { node: NodeId, done: u32 },
    Members { node: NodeId, next: u32, any: bool },
}

struct Stack {
    top: Frame,
    below: StackId,
    /// The fewest bytes that close everything.
    fewest: u32,
}

struct State {
    stacks: Box<[StackId]>,
    fewest: u32,
    transitions: Box<[StateId; 256]>,
}

/// The automaton of a grammar.
pub(super) struct Automaton {
    grammar: Grammar,
    stacks: Vec<Stack>,
    stack_ids: HashMap<(Frame, StackId), StackId>,
    states: Vec<State>,
    state_ids: HashMap<Box<[StackId]>, StateId>,
}

impl Automaton {
    /// The automaton, and the state before the first byte.
    pub(super) fn new(grammar: Grammar) -> (Self, StateId) {
        let mut automaton = Self { grammar, stacks: Vec::new(), stack_ids: HashMap::new(), states: Vec::new(), state_ids: HashMap::new() };
        automaton.clear();
        let mut stacks = Vec::new();
        automaton.open(automaton.grammar.root, EMPTY, &mut stacks);
        let start = automaton.state(stacks);
        (automaton, start)
    }

    /// The fewest bytes that make a whole document from here.
    pub(super) fn fewest(&self, state: StateId) -> u32 {
        self.states[state as usize].fewest
    }

    /// Whether the document is complete here.
    pub(super) fn may_end(&self, state: StateId) -> bool {
        self.states[state as usize].stacks.contains(&EMPTY)
    }

    /// Whether the document is complete and nothing can follow.
    pub(super) fn must_end(&self, state: StateId) -> bool {
        *self.states[state as usize].stacks == [EMPTY]
    }

    /// Where a byte leads; [`DEAD`] if it cannot come.
    pub(super) fn step(&mut self, state: StateId, byte: u8) -> StateId {
        let known = self.states[state as usize].transitions[usize::from(byte)];
        if known != UNKNOWN {
            return known;
        }
        let stacks = self.states[state as usize].stacks.clone();
        let mut next = Vec::new();
        for stack in stacks.iter().filter(|stack| **stack != EMPTY) {
            self.read(*stack, byte, &mut next);
        }
        let next = self.state(next);
        self.states[state as usize].transitions[usize::from(byte)] = next;
        next
    }

    /// Forgets all but this state if there are too many; answers with its new number.
    pub(super) fn tidy(&mut self, state: StateId) -> StateId {
        if self.states.len() < MAXIMUM_STATES {
            return state;
        }
        let frames: Vec<Vec<Frame>> = self.states[state as usize].stacks.iter().map(|stack| self.frames(*stack)).collect();
        self.clear();
        let stacks =
            frames.into_iter().map(|frames| frames.into_iter().rev().fold(EMPTY, |below, frame| self.stack(frame, below))).collect();
        self.state(stacks)
    }

    /// A stack's frames, from the top down.
    fn frames(&self, mut stack: StackId) -> Vec<Frame> {
        let mut frames = Vec::new();
        while stack != EMPTY {
            let entry = &self.stacks[stack as usize];
            frames.push(entry.top);
            stack = entry.below;
        }
        frames
    }

    fn clear(&mut self) {
        self.stacks.clear();
        self.stack_ids.clear();
        self.states.clear();
        self.state_ids.clear();
        // The first place stands for the empty stack; what is in it is never looked at.
        self.stacks.push(Stack { top: Frame::Digit { node: 0 }, below: EMPTY, fewest: 0 });
        self.state(Vec::new());
    }

    fn state(&mut self, mut stacks: Vec<StackId>) -> StateId {
        stacks.sort_unstable();
        stacks.dedup();
        let stacks = stacks.into_boxed_slice();
        if let Some(known) = self.state_ids.get(&stacks) {
            return *known;
        }
        let id = self.states.len() as StateId;
        let fewest = stacks.iter().map(|stack| self.stacks[*stack as usize].fewest).min().unwrap_or(NEVER);
        self.state_ids.insert(stacks.clone(), id);
        self.states.push(State { stacks, fewest, transitions: Box::new([UNKNOWN; 256]) });
        id
    }

    fn stack(&mut self, top: Frame, below: StackId) -> StackId {
        if let Some(known) = self.stack_ids.get(&(top, below)) {
            return *known;
        }
        let id = self.stacks.len() as StackId;
        let fewest = self.fewest_of(top).saturating_add(self.stacks[below as usize].fewest);
        self.stacks.push(Stack { top, below, fewest });
        self.stack_ids.insert((top, below), id);
        id
    }

    fn fewest_of(&self, frame: Frame) -> u32 {
        let of = |id: NodeId| self.grammar.fewest[id as usize];
        match (frame, frame.node().map(|node| &self.grammar.nodes[node as usize])) {
            (Frame::Literal { at, .. }, Some(Node::Literal(bytes))) => bytes.len() as u32 - at,
            (Frame::Characters { least, part, .. }, _) => match part {
                Part::None => least,
                Part::Left(left) => least.saturating_sub(1) + u32::from(left),
                Part::Next(_, _, left) => least.saturating_sub(1) + 1 + u32::from(left),
                Part::Escape => least.saturating_sub(1) + 1,
            },
            (Frame::Sequence { next, .. }, Some(Node::Sequence(nodes))) => {
                nodes[next as usize..].iter().fold(0, |sum: u32, id| sum.saturating_add(of(*id)))
            }
            (Frame::Repeat { done, .. }, Some(Node::Repeat { further, least, .. })) => times(of(*further), least.saturating_sub(done)),
            (Frame::Members { next, any, .. }, Some(Node::Members(members))) => self.grammar.members(&members[next as usize..], any),
            _ => 1,
        }
    }

    /// Opens a node on a stack, down to what reads bytes.
    fn open(&mut self, node: NodeId, below: StackId, out: &mut Vec<StackId>) {
        match &self.grammar.nodes[node as usize] {
            Node::Literal(bytes) if bytes.is_empty() => self.close(below, out),
            Node::Literal(_) => {
                let stack = self.stack(Frame::Literal { node, at: 0 }, below);
                out.push(stack);
            }
            Node::Digit(..) => {
                let stack = self.stack(Frame::Digit { node }, below);
                out.push(stack);
            }
            Node::Characters { least, most } => self.characters(*least, *most, below, out),
            Node::Choice(nodes) => {
                for node in nodes.clone() {
                    self.open(node, below, out);
                }
            }
            Node::Sequence(_) => self.sequence(node, 0, below, out),
            Node::Repeat { .. } => self.repeat(node, 0, below, out),
            Node::Members(_) => self.members(node, 0, false, below, out),
        }
    }

    /// What was on top is complete: goes on with what is below it.
    fn close(&mut self, stack: StackId, out: &mut Vec<StackId>) {
        if stack == EMPTY {
            out.push(EMPTY);
            return;
        }
        let Stack { top, below, .. } = self.stacks[stack as usize];
        match top {
            Frame::Sequence { node, next } => self.sequence(node, next, below, out),
            Frame::Repeat { node, done } => self.repeat(node, done, below, out),
            Frame::Members { node, next, any } => self.members(node, next, any, below, out),
            // Those read bytes, and lie below nothing.
            Frame::Literal { .. } | Frame::Digit { .. } | Frame::Characters { .. } => {}
        }
    }

    fn characters(&mut self, least: u32, most: u32, below: StackId, out: &mut Vec<StackId>) {
        if most > 0 {
            let stack = self.stack(Frame::Characters { least, most, part: Part::None }, below);
            out.push(stack);
        }
        if least == 0 {
            self.close(below, out);
        }
    }

    fn sequence(&mut self, node: NodeId, next: u32, below: StackId, out: &mut Vec<StackId>) {
        let Node::Sequence(nodes) = &self.grammar.nodes[node as usize] else { return };
        let Some(first) = nodes.get(next as usize).copied() else { return self.close(below, out) };
        // The last one needs nobody to come back to.
        let last = nodes.len() == next as usize + 1;
        let below = if last { below } else { self.stack(Frame::Sequence { node, next: next + 1 }, below) };
        self.open(first, below, out);
    }

    fn repeat(&mut self, node: NodeId, done: u32, below: StackId, out: &mut Vec<StackId>) {
        let Node::Repeat { first, further, least, most } = self.grammar.nodes[node as usize] else { return };
        if done >= least {
            self.close(below, out);
        }
        if done < most {
            // Without an end, counting stops where it no longer matters.
            let next = if most == UNBOUNDED { (done + 1).min(least.max(1)) } else { done + 1 };
            let stack = self.stack(Frame::Repeat { node, done: next }, below);
            self.open(if done == 0 { first } else { further }, stack, out);
        }
    }

    fn members(&mut self, node: NodeId, next: u32, any: bool, below: StackId, out: &mut Vec<StackId>) {
        let Node::Members(members) = &self.grammar.nodes[node as usize] else { return };
        let rest: Vec<_> = members[next as usize..].to_vec();
        for (member, at) in rest.into_iter().zip(next + 1..) {
            let stack = self.stack(Frame::Members { node, next: at, any: true }, below);
            self.open(if any { member.after_comma } else { member.plain }, stack, out);
            if member.required {
                return;
            }
        }
        self.open(self.grammar.closing_brace, below, out);
    }

    /// Reads a byte with the top of a stack.
    fn read(&mut self, stack: StackId, byte: u8, out: &mut Vec<StackId>) {
        let Stack { top, below, .. } = self.stacks[stack as usize];
        match (top, top.node().map(|node| &self.grammar.nodes[node as usize])) {
            (Frame::Literal { node, at }, Some(Node::Literal(bytes))) if bytes[at as usize] == byte => {
                if at as usize + 1 == bytes.len() {
                    self.close(below, out);
                } else {
                    let stack = self.stack(Frame::Literal { node, at: at + 1 }, below);
                    out.push(stack);
                }
            }
            (Frame::Digit { .. }, Some(Node::Digit(from, to))) if (*from..=*to).contains(&byte) => self.close(below, out),
            (Frame::Characters { least, most, part }, _) => match part.read(byte) {
                None => {}
                Some(Part::None) => {
                    let most = if most == UNBOUNDED { most } else { most - 1 };
                    self.characters(least.saturating_sub(1), most, below, out);
                }
                Some(part) => {
                    let stack = self.stack(Frame::Characters { least, most, part }, below);
                    out.push(stack);
                }
            },
            _ => {}
        }
    }
}

impl Frame {
    const fn node(self) -> Option<NodeId> {
        match self {
            Self::Literal { node, .. }
            | Self::Digit { node }
            | Self::Sequence { node, .. }
            | Self::Repeat { node, .. }
            | Self::Members { node, .. } => Some(node),
            Self::Characters { .. } => None,
        }
    }
}

impl Part {
    /// What is left of the character after this byte; nothing if it cannot come. UTF-8 as RFC 3629, section 4, has it.
    fn read(self, byte: u8) -> Option<Self> {
        let left = |left| if left == 0 { Self::None } else { Self::Left(left) };
        match (self, byte) {
            (Self::None, b'\\') => Some(Self::Escape),
            (Self::None, b'"' | 0..=0x1F | 0x7F) => None,
            (Self::None, 0x20..=0x7E) => Some(Self::None),
            (Self::None, 0xC2..=0xDF) => Some(Self::Left(1)),
            (Self::None, 0xE0) => Some(Self::Next(0xA0, 0xBF, 1)),
            (Self::None, 0xED) => Some(Self::Next(0x80, 0x9F, 1)),
            (Self::None, 0xE1..=0xEF) => Some(Self::Left(2)),
            (Self::None, 0xF0) => Some(Self::Next(0x90, 0xBF, 2)),
            (Self::None, 0xF1..=0xF3) => Some(Self::Left(3)),
            (Self::None, 0xF4) => Some(Self::Next(0x80, 0x8F, 2)),
            (Self::Left(more), 0x80..=0xBF) => Some(left(more - 1)),
            (Self::Next(from, to, more), byte) if (from..=to).contains(&byte) => Some(left(more)),
            (Self::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Some(Self::None),
            _ => None,
        }
    }
}
