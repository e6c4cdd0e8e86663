//! Which parts of a sentence ask for what no skill does?

use super::Reading;
use crate::cues;
use crate::words::Kind;

/// Verbs that no skill does and no rule may pass over.
const UNABLE: &[&str] = &[
    "phone",
    "call",
    "ring",
    "transcribe",
    "book",
    "buy",
    "purchase",
    "pay",
    "tweet",
    "upload",
    "deploy",
    "install",
    "remind",
    "schedule",
    "hire",
    "fire",
    "print",
    "fax",
    "cook",
    "drive",
    "record",
    "film",
    "photograph",
    "sing",
    "play",
    "paint",
    "sketch",
    "email",
    "mail",
    "send",
    "forward",
    "notify",
    "message",
    "delete",
    "cancel",
    "approve",
    "sign",
    "reserve",
    "invite",
    "negotiate",
    "interview",
    "meet",
    "dub",
    "subtitle",
    "reboot",
    "restart",
    "shut",
    "unlock",
    "transfer",
    "withdraw",
    "refund",
    "post",
    "publish",
    "push",
    "commit",
    "merge",
    "compile",
    "execute",
    "order",
    "ship",
    "water",
    "arrange",
    "organize",
    "organise",
    "sms",
    "whatsapp",
    "slack",
    "ping",
    "telephone",
    "dial",
    "wire",
    "repair",
    "reply",
    "subscribe",
    "unsubscribe",
    "log",
    "photoshop",
    "animate",
    "narrate",
    "read",
    "encrypt",
    "decrypt",
    "compress",
    "unzip",
    "backup",
    "migrate",
    "fix",
    "patch",
    "refactor",
    "rename",
    "move",
    "trade",
    "sell",
    "invest",
    "wait",
    "tell",
    "ask",
    "scan",
    "recognize",
    "recognise",
    "resize",
    "crop",
    "convert",
    "design",
    "negotiate",
    "vacuum",
    "clean",
    "build",
    "generate",
    "program",
    "implement",
    "solve",
    "hack",
];

/// Words that are passed over at the beginning of a part.
pub(super) const LEADING: &[&str] = &[
    "please",
    "then",
    "also",
    "finally",
    "and",
    "afterwards",
    "next",
    "first",
    "second",
    "secondly",
    "third",
    "now",
    "could",
    "can",
    "would",
    "you",
    "i",
    "we",
    "want",
    "need",
    "to",
    "like",
    "d",
    "just",
    "so",
    "that",
    "after",
    "lastly",
    "last",
    "let",
    "s",
    "kindly",
    "must",
    "should",
    "will",
    "ll",
    "have",
    "it",
    "plus",
    "but",
    "or",
    "too",
];

/// Subjects of a clause that tells what somebody does by himself.
const SUBJECTS: &[&str] = &["i", "we", "he", "she", "they", "it", "who", "which", "people", "somebody", "someone", "everybody", "everyone"];

/// What somebody wants to be told is no work of its own.
const ASKED: &[&str] = &["me", "us", "back"];

impl Reading {
    /// Parts of a sentence that begin with a verb that no rule knows.
    pub(super) fn unknown_parts(&mut self, from: usize, to: usize, found: &[cues::Found]) {
        let mut part = from;
        let mut depth = 0_i32;
        let inside: Vec<bool> = self.tokens[from..to]
            .iter()
            .map(|token| {
                match token.kind {
                    Kind::Mark('(') => depth += 1,
                    Kind::Mark(')') => depth -= 1,
                    _ => {}
                }
                depth > 0
            })
            .collect();
        let ends: Vec<usize> = (from..to)
            .filter(|place| !inside[place - from])
            .filter(|place| {
                let token = &self.tokens[*place];
                token.is_any(&["and", "then"]) || matches!(token.kind, Kind::Mark(',' | ':'))
            })
            .chain([to])
            .collect();
        for end in ends {
            let begin = (part..end).find(|place| !self.tokens[*place].is_any(LEADING)).unwrap_or(end);
            let verb = self.tokens.get(begin).filter(|_| begin < end);
            let next = self.tokens.get(begin + 1);
            let covered = found.iter().any(|found| found.from < end && found.to > begin);
            let told = next.is_some_and(|next| next.is_any(ASKED));
            let hyphened = verb.is_some_and(|verb| verb.is("e")) && self.tokens.get(begin + 2).is_some_and(|mail| mail.is("mail"));
            if self.is_story(part, end) {
                part = end + 1;
                continue;
            }
            // What is followed by `of` is a noun: "log of the freezer".
            let noun = next.is_some_and(|next| next.is("of"));
            let unable = !noun && verb.is_some_and(|verb| verb.is_any(UNABLE)) || hyphened;
            // These reach people and things outside, whatever else the part says.
            let outside = hyphened
                || verb.is_some_and(|verb| {
                    verb.is_any(&[
                        "phone",
                        "telephone",
                        "transcribe",
                        "book",
                        "buy",
                        "purchase",
                        "pay",
                        "tweet",
                        "email",
                        "mail",
                        "send",
                        "upload",
                        "deploy",
                        "sms",
                        "whatsapp",
                        "fax",
                        "invite",
                        "hire",
                        "remind",
                        "dial",
                        "subtitle",
                        "dub",
                        "publish",
                        "post",
                        "forward",
                        "notify",
                        "delete",
                        "slack",
                        "reserve",
                    ])
                });
            // A verb is done with something, unless it is all that is said.
            let alone = begin + 1 >= end && begin > from + 1;
            if unable && !told && !alone && (outside || !covered) {
                self.unknown.push((begin, end));
            }
            part = end + 1;
        }
        self.refused_parts(from, to);
    }

    /// Whether a part tells what people do by themselves, and asks for nothing: "so that I can send it", "we mailed them in May".
    fn is_story(&self, from: usize, to: usize) -> bool {
        let words: Vec<&str> =
            self.tokens[from..to].iter().filter(|token| !token.is_mark()).take(5).map(|token| token.lower.as_str()).collect();
        let joins = ["so", "before", "because", "since", "until", "after", "that", "as", "while", "and", "but", "then", "where", "when"];
        let skipped = words.iter().take_while(|word| joins.contains(word)).count();
        let subject = words.get(skipped).is_some_and(|word| SUBJECTS.contains(word));
        let next = words.get(skipped + 1).copied().unwrap_or_default();
        let after = words.get(skipped + 2).copied().unwrap_or_default();
        // "I need you to", "I would like to", "I want to" ask for it.
        let wishes = ["need", "want", "would", "d", "wish", "like"].contains(&next) || (next == "have" && after == "to");
        subject && (skipped > 0 && words[0] != "and" && words[0] != "then" && words[0] != "but" || !wishes)
    }

    /// Parts that say in other words what no skill does.
    fn refused_parts(&mut self, from: usize, to: usize) {
        for found in cues::find_refused(&self.tokens, from, to) {
            let start = self.piece_start(found.from, from);
            let leads = self.tokens[start..found.from].iter().all(|token| token.is_any(LEADING) || token.is_mark());
            // A single word may be a noun, unless it is what the part begins with.
            // And it is done with something: "refund, late" is a list of words.
            let object = self.tokens.get(found.to).is_some_and(|token| found.to < to && !token.is_mark());
            let sure = found.to - found.from > 1 || (leads && object);
            let told = self.tokens[found.from..found.to.min(to)].iter().skip(1).take(2).any(|token| token.is_any(ASKED));
            let known = self.unknown.iter().any(|(begin, end)| found.from < *end && *begin < found.to);
            // "Before I order more": what somebody does by himself.
            let before: Vec<&str> = self.tokens[start..found.from]
                .iter()
                .rev()
                .filter(|token| !token.is_mark())
                .take(3)
                .map(|token| token.lower.as_str())
                .collect();
            let own = before.iter().any(|word| SUBJECTS.contains(word) && !["it", "which"].contains(word))
                && !before.iter().any(|word| ["need", "want", "would", "like", "d", "you", "please"].contains(word));
            if sure && !told && !known && !own && !self.is_story(start, to) {
                self.unknown.push((start.max(from), (found.to + 3).min(to)));
            }
        }
    }
}
