//! Do merges lose nothing, invent nothing, and treat both sides alike?

use std::collections::{BTreeMap, BTreeSet};

use crate::chance::{Chance, computed, took};
use baton_domain::problem::Code;
use baton_negotiation::conflict::{Form, review};
use baton_negotiation::merge::*;
use serde_json::{Value, json};

fn labels() -> Labels {
    Labels::default()
}

fn merged(base: &str, ours: &str, theirs: &str) -> MergedText {
    merge_texts(base, ours, theirs, &labels()).unwrap()
}

/// A text of few different lines, so that many are alike, with or without an end.
fn text(chance: &mut Chance) -> String {
    let mut text: String = (0..chance.below(14)).map(|_| format!("{}\n", ["a", "b", "c", "<<<<<<<", ""][chance.below(5)])).collect();
    if chance.one_in(3) {
        text.pop();
    }
    text
}

/// The text with a few lines removed, added or changed.
fn edited(chance: &mut Chance, text: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for _ in 0..chance.below(4) {
        let at = chance.below(lines.len() + 1);
        match (chance.below(3), at < lines.len()) {
            (0, true) => drop(lines.remove(at)),
            (1, true) => lines[at] = format!("{}\n", ["a", "x", "y"][chance.below(3)]),
            _ => lines.insert(at, format!("{}\n", ["b", "x", "z"][chance.below(3)])),
        }
    }
    lines.concat()
}

#[test]
fn texts_obey_the_laws_of_merging() {
    let (mut conflicts, mut clean) = (0, 0);
    for seed in 0..20_000 {
        let mut chance = Chance(seed);
        let base = text(&mut chance);
        let (one, other) = (edited(&mut chance, &base), edited(&mut chance, &base));
        assert_eq!(merged(&base, &one, &base), MergedText { text: one.clone(), conflicts: vec![] }, "seed {seed}");
        assert_eq!(merged(&base, &base, &other).text, other);
        assert_eq!(merged(&base, &one, &one), MergedText { text: one.clone(), conflicts: vec![] }, "the same twice is no conflict");
        let (there, back) = (merged(&base, &one, &other), merged(&base, &other, &one));
        let turned: Vec<Hunk> =
            back.conflicts.iter().map(|hunk| Hunk { ours: hunk.theirs.clone(), theirs: hunk.ours.clone(), ..hunk.clone() }).collect();
        assert_eq!(there.conflicts, turned, "seed {seed}: symmetric");
        if there.conflicts.is_empty() {
            assert_eq!(there.text, back.text);
            clean += 1;
        } else {
            conflicts += 1;
            // Whoever picks one side everywhere has that side's part of each conflict, and the rest is as in the merge.
            let picks = |pick| vec![pick; there.conflicts.len()];
            let (mine, its) = (picks(Pick::Ours), picks(Pick::Theirs));
            assert_eq!(settle_texts(&base, &one, &other, &mine).unwrap(), settle_texts(&base, &other, &one, &its).unwrap());
            assert!(settle_texts(&base, &one, &other, &mine[1..]).unwrap_err().is(Code::ConflictMoved));
            for hunk in &there.conflicts {
                assert!(hunk.ours != hunk.theirs && hunk.ours != hunk.base && hunk.theirs != hunk.base);
                assert!(there.text.contains(&hunk.ours) && there.text.contains(&hunk.theirs) && there.text.contains(&hunk.base));
            }
        }
        assert!(there.text.len() <= base.len() + one.len() + other.len() + there.conflicts.len() * 4 * 64);
    }
    println!("clean {clean}, with conflicts {conflicts}");
    assert!(clean > 2_000 && conflicts > 2_000);
}

#[test]
fn changes_that_do_not_meet_are_all_in_the_result() {
    for seed in 0..3_000 {
        let mut chance = Chance(seed);
        // Every line is its own, and changes of the two sides have an unchanged line between them.
        let count = 3 + chance.below(40);
        let (mut base, mut one, mut other, mut both) = (String::new(), String::new(), String::new(), String::new());
        for number in 0..count {
            let line = format!("line {number}\n");
            base += &line;
            let change = match chance.below(3) {
                0 => String::new(),
                1 => format!("changed {number}\n"),
                _ => format!("{line}added {number}\n"),
            };
            match if number % 2 == 0 { chance.below(3) } else { 2 } {
                0 => {
                    one += &change;
                    other += &line;
                    both += &change;
                }
                1 => {
                    one += &line;
                    other += &change;
                    both += &change;
                }
                _ => [&mut one, &mut other, &mut both].into_iter().for_each(|text| *text += &line),
            }
        }
        assert_eq!(merged(&base, &one, &other), MergedText { text: both, conflicts: vec![] }, "seed {seed}");
    }
}

#[test]
fn a_conflict_stands_between_markers_that_the_text_does_not_have() {
    let labels = Labels { ours: "version 3".into(), base: "version 2".into(), theirs: "task\n7".into() };
    let found = merge_texts("a\nb\nc\n", "a\nours\nc\n", "a\ntheirs\nc\n", &labels).unwrap();
    assert_eq!(found.text, "a\n<<<<<<< version 3\nours\n||||||| version 2\nb\n=======\ntheirs\n>>>>>>> task 7\nc\n");
    assert_eq!(found.conflicts, [Hunk { line: 2, base: "b\n".into(), ours: "ours\n".into(), theirs: "theirs\n".into() }]);
    let found = merge_texts("b", "<<<<<<<<", "c", &Labels { ours: String::new(), ..labels.clone() }).unwrap();
    assert_eq!(found.text, "<<<<<<<<<\n<<<<<<<<\n||||||||| version 2\nb\n=========\nc\n>>>>>>>>> task 7\n");
    assert_eq!(settle_texts("b", "x", "c", &[Pick::Both]).unwrap(), "x\nc");
    assert_eq!(settle_texts("b", "x", "c", &[Pick::Base]).unwrap(), "b");
    assert_eq!(merged("a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n").text, "A\r\nb\r\nC\r\n", "endings stay");
}

#[test]
fn hostile_texts_take_bounded_time() {
    let lines = |line: &str, bytes: usize| line.repeat(bytes / line.len());
    let megabyte = 1 << 20;
    let mut chance = Chance(1);
    let mut noise = |alphabet: usize| (0..megabyte / 2).map(|_| format!("{}\n", chance.below(alphabet))).collect::<String>();
    let cases = [
        ("equal lines", lines("a\n", megabyte), lines("a\n", megabyte - 1_000), lines("a\n", megabyte + 2_000)),
        (
            "equal lines, and others in the middle",
            lines("a\n", megabyte),
            lines("a\n", megabyte / 2) + "x\n" + &lines("a\n", megabyte / 2),
            lines("a\n", megabyte / 3) + "y\n" + &lines("a\n", megabyte / 3),
        ),
        ("alternating", lines("a\nb\n", megabyte), lines("b\na\n", megabyte), lines("a\na\nb\n", megabyte)),
        ("nothing alike", lines("a\n", megabyte), lines("b\n", megabyte), lines("c\n", megabyte)),
        ("noise of two letters", noise(2), noise(2), noise(2)),
        ("noise of a thousand", noise(1_000), noise(1_000), noise(1_000)),
    ];
    for (name, base, ours, theirs) in cases {
        let begun = computed();
        let found = merged(&base, &ours, &theirs);
        took(&format!("{name}, {} lines, {} conflicts", base.lines().count(), found.conflicts.len()), begun, 10);
        assert!(found.text.len() < 2 * (base.len() + ours.len() + theirs.len()) + 200 * found.conflicts.len());
    }
    assert!(merge_texts("", &"a".repeat(MAXIMUM_TEXT + 1), "", &labels()).unwrap_err().is(Code::MergeTooLarge));
    assert!(merge_texts("", "", &"\n".repeat(MAXIMUM_LINES + 1), &labels()).unwrap_err().is(Code::MergeTooLarge));
}

fn document(chance: &mut Chance, depth: usize) -> Value {
    match chance.below(if depth == 0 { 3 } else { 6 }) {
        0 => json!(chance.below(3)),
        1 => json!(["x", "y/~", ""][chance.below(3)]),
        2 => Value::Null,
        3 => Value::Array((0..chance.below(4)).map(|_| document(chance, depth - 1)).collect()),
        4 => {
            let ids: BTreeSet<usize> = (0..chance.below(5)).map(|_| chance.below(6)).collect();
            Value::Array(ids.into_iter().map(|id| json!({"id": id, "is": document(chance, depth - 1)})).collect())
        }
        _ => Value::Object(
            (0..chance.below(4)).map(|_| (["a", "b", "c~/"][chance.below(3)].to_owned(), document(chance, depth - 1))).collect(),
        ),
    }
}

fn changed(chance: &mut Chance, value: &Value, depth: usize) -> Value {
    match value {
        Value::Object(members) if !chance.one_in(6) => {
            let mut members = members.clone();
            for (_, member) in members.iter_mut() {
                if chance.one_in(2) {
                    *member = changed(chance, member, depth.saturating_sub(1));
                }
            }
            let name = ["a", "b", "d"][chance.below(3)];
            match chance.below(4) {
                0 => drop(members.remove(name)),
                1 => drop(members.insert(name.into(), document(chance, 1))),
                _ => {}
            }
            Value::Object(members)
        }
        Value::Array(items) if !chance.one_in(6) => {
            let mut items = items.clone();
            for item in &mut items {
                if chance.one_in(3) {
                    let id = item.get("id").cloned();
                    *item = changed(chance, item, depth.saturating_sub(1));
                    // What an item is told apart by does not change.
                    if let (Some(id), Value::Object(members)) = (id, &mut *item) {
                        members.insert("id".into(), id);
                    }
                }
            }
            let at = chance.below(items.len() + 1);
            match (chance.below(4), at < items.len()) {
                (0, true) => drop(items.remove(at)),
                (1, true) => items.swap(at, 0),
                (2, _) => items.insert(at, json!({"id": 10 + chance.below(6), "is": chance.below(3)})),
                _ => {}
            }
            Value::Array(items)
        }
        _ if chance.one_in(2) => document(chance, depth),
        _ => value.clone(),
    }
}

#[test]
fn documents_obey_the_laws_of_merging() {
    let mut kinds: BTreeMap<Disagreement, usize> = BTreeMap::new();
    let (mut clean, mut conflicting) = (0, 0);
    for seed in 0..20_000 {
        let mut chance = Chance(seed);
        let arrays = [Arrays::Whole, Arrays::ByValue, Arrays::ByKey("id".into())][chance.below(3)].clone();
        let options = JsonOptions { arrays, at: BTreeMap::new() };
        let base = document(&mut chance, 4);
        let (one, other) = (changed(&mut chance, &base, 3), changed(&mut chance, &base, 3));
        let merge = |ours: &Value, theirs: &Value| merge_json(Some(&base), ours, theirs, &options).unwrap();
        for (found, expected) in [(merge(&one, &base), &one), (merge(&base, &other), &other), (merge(&one, &one), &one)] {
            assert_eq!((&found.value, found.conflicts.len()), (expected, 0), "seed {seed}");
        }
        let (there, back) = (merge(&one, &other), merge(&other, &one));
        assert_eq!(there.value, back.value, "seed {seed}: {options:?}: {base} to {one} and {other}");
        let turned: Vec<JsonConflict> =
            back.conflicts.into_iter().map(|conflict| JsonConflict { ours: conflict.theirs, theirs: conflict.ours, ..conflict }).collect();
        assert_eq!(there.conflicts, turned, "seed {seed}");
        for conflict in &there.conflicts {
            *kinds.entry(conflict.kind).or_default() += 1;
            if conflict.kind != Disagreement::Order {
                let kept = conflict.base.clone().unwrap_or(Value::Null);
                assert_eq!(there.value.pointer(&conflict.pointer), Some(&kept), "seed {seed}: at {}", conflict.pointer);
                assert!(conflict.ours != conflict.theirs && conflict.ours != conflict.base && conflict.theirs != conflict.base);
            }
        }
        if there.conflicts.is_empty() {
            clean += 1
        } else {
            conflicting += 1
        }
        // With no version that both stand on, the same is the same, and the rest is told.
        assert!(merge_json(None, &one, &one, &options).unwrap().conflicts.is_empty());
        let (there, back) = (merge_json(None, &one, &other, &options).unwrap(), merge_json(None, &other, &one, &options).unwrap());
        assert_eq!((there.value, there.conflicts.len()), (back.value, back.conflicts.len()));
    }
    println!("clean {clean}, with conflicts {conflicting}: {kinds:?}");
    assert!(clean > 2_000 && conflicting > 2_000 && kinds.len() >= 3);
}

#[test]
fn documents_are_merged_member_by_member_and_item_by_item() {
    let options = JsonOptions {
        arrays: Arrays::ByValue,
        at: BTreeMap::from([("/people".into(), Arrays::ByKey("id".into())), ("/people/*/tags".into(), Arrays::Whole)]),
    };
    let base = json!({"title": "a", "list": [1, 2, 3, 4], "people": [{"id": 1, "name": "Ada", "tags": [1, 2, 3]}, {"id": 2, "name": "Bob"}, {"id": 3, "name": "Cyd"}]});
    let ours = json!({"title": "b", "list": [0, 1, 2, 3, 4], "people": [{"id": 4, "name": "Dan"}, {"id": 1, "name": "Ada", "age": 36, "tags": [1, 2]}, {"id": 3, "name": "Cyd"}]});
    let theirs = json!({"title": "c", "list": [1, 2, 3], "people": [{"id": 1, "name": "Ada L.", "tags": [2, 3]}, {"id": 2, "name": "Bert"}, {"id": 3, "name": "Cyd"}, {"id": 5, "name": "Eve"}]});
    let found = merge_json(Some(&base), &ours, &theirs, &options).unwrap();
    let expected = json!({"title": "a", "list": [0, 1, 2, 3], "people": [
        {"id": 4, "name": "Dan"}, {"id": 1, "name": "Ada L.", "age": 36, "tags": [1, 2, 3]}, {"id": 2, "name": "Bob"}, {"id": 3, "name": "Cyd"}, {"id": 5, "name": "Eve"},
    ]});
    assert_eq!(found.value, expected);
    let places: Vec<(&str, Disagreement)> = found.conflicts.iter().map(|conflict| (conflict.pointer.as_str(), conflict.kind)).collect();
    assert_eq!(
        places,
        [("/people/1/tags", Disagreement::Changed), ("/people/2", Disagreement::Removed), ("/title", Disagreement::Changed)]
    );
    let ids = |ids: [u8; 3]| Value::Array(ids.iter().map(|id| json!({"id": id})).collect());
    let by_id = JsonOptions { arrays: Arrays::ByKey("id".into()), at: BTreeMap::new() };
    let moved = merge_json(Some(&ids([1, 2, 3])), &ids([2, 1, 3]), &ids([1, 3, 2]), &by_id).unwrap();
    assert_eq!((&moved.value, moved.conflicts[0].kind, moved.conflicts.len()), (&ids([1, 2, 3]), Disagreement::Order, 1));
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    assert!(merge_json(None, &nested(MAXIMUM_NESTING), &json!(1), &options).is_ok());
    assert!(merge_json(None, &nested(MAXIMUM_NESTING + 1), &json!(1), &options).unwrap_err().is(Code::MergeTooLarge));
    assert!(merge_json(None, &Value::from(vec![0; MAXIMUM_VALUES]), &json!(1), &options).unwrap_err().is(Code::MergeTooLarge));
    let begun = computed();
    let long = |value: usize| Value::from((0..200_000).map(|at| (at * value) % 7).collect::<Vec<_>>());
    merge_json(Some(&long(1)), &long(2), &long(3), &options).unwrap();
    took("arrays of 200,000 values", begun, 10);
}

fn keyed() -> TableOptions {
    TableOptions { key: vec!["id".into()], delimiter: ',' }
}

type Rows = (Vec<String>, Vec<BTreeMap<String, String>>);

fn csv_of((columns, rows): &Rows) -> String {
    let mut text = columns.join(",") + "\n";
    for row in rows {
        text += &(columns.iter().map(|column| row.get(column).cloned().unwrap_or_default()).collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

fn edited_table(chance: &mut Chance, (columns, rows): &Rows, fresh: &mut usize) -> Rows {
    let (mut columns, mut rows) = (columns.clone(), rows.clone());
    for _ in 0..chance.below(4) {
        let at = chance.below(rows.len() + 1);
        let column = columns[1..].get(chance.below(columns.len())).cloned();
        match (chance.below(7), at < rows.len(), column) {
            (0, true, _) => drop(rows.remove(at)),
            (1, true, _) => rows.swap(at, 0),
            (2, _, _) => {
                *fresh += chance.below(2);
                let id = format!("new{fresh}");
                if rows.iter().all(|row| row["id"] != id) {
                    rows.insert(
                        at,
                        columns.iter().map(|column| (column.clone(), chance.below(3).to_string())).chain([("id".to_owned(), id)]).collect(),
                    );
                }
            }
            (3, _, _) => {
                let name = format!("extra{}", chance.below(3));
                if !columns.contains(&name) {
                    columns.insert(1 + chance.below(columns.len()), name);
                }
            }
            (4, _, Some(column)) => {
                columns.retain(|name| *name != column);
                rows.iter_mut().for_each(|row| drop(row.remove(&column)));
            }
            (_, true, Some(column)) => drop(rows[at].insert(column, format!("c{}", chance.below(3)))),
            _ => {}
        }
    }
    (columns, rows)
}

#[test]
fn tables_obey_the_laws_of_merging() {
    let mut kinds: BTreeMap<Disagreement, usize> = BTreeMap::new();
    let mut clean = 0;
    for seed in 0..10_000 {
        let mut chance = Chance(seed);
        let columns: Vec<String> = ["id", "a", "b", "c"].map(str::to_owned).to_vec();
        let rows = (0..chance.below(6))
            .map(|id| {
                columns.iter().map(|name| (name.clone(), if name == "id" { id.to_string() } else { chance.below(3).to_string() })).collect()
            })
            .collect();
        let base: Rows = (columns, rows);
        let (mut fresh, mut other_fresh) = (0, 0);
        let (one, other) = (edited_table(&mut chance, &base, &mut fresh), edited_table(&mut chance, &base, &mut other_fresh));
        let (base, one, other) = (csv_of(&base), csv_of(&one), csv_of(&other));
        let merge = |ours: &str, theirs: &str| merge_tables(Some(&base), ours, theirs, &keyed()).unwrap();
        for (found, expected) in [(merge(&one, &base), &one), (merge(&base, &other), &other), (merge(&one, &one), &one)] {
            assert_eq!((&found.text, found.conflicts.len()), (expected, 0), "seed {seed}");
        }
        let (there, back) = (merge(&one, &other), merge(&other, &one));
        assert_eq!(there.text, back.text, "seed {seed}:\n{base}\n{one}\n{other}");
        let turned: BTreeSet<String> = back
            .conflicts
            .into_iter()
            .map(|conflict| format!("{:?}", TableConflict { ours: conflict.theirs, theirs: conflict.ours, ..conflict }))
            .collect();
        assert_eq!(there.conflicts.iter().map(|conflict| format!("{conflict:?}")).collect::<BTreeSet<_>>(), turned, "seed {seed}");
        there.conflicts.iter().for_each(|conflict| *kinds.entry(conflict.kind).or_default() += 1);
        clean += usize::from(there.conflicts.is_empty());

        // A second opinion on each cell: what only one side changed is there, what nobody changed is as it was.
        let [was, mine, its, found] = [&base, &one, &other, &there.text].map(|text| cells(text, &keyed()).unwrap());
        let cell = |table: &BTreeMap<Vec<String>, BTreeMap<String, String>>, row: &Vec<String>, column: &str| {
            table.get(row).and_then(|row| row.get(column)).cloned()
        };
        for (row, columns) in &found {
            for (column, value) in columns {
                let versions = [&was, &mine, &its].map(|table| cell(table, row, column));
                if let [Some(was), Some(mine), Some(its)] = &versions {
                    let expected = if mine == was {
                        its
                    } else if its == was || mine == its {
                        mine
                    } else {
                        was
                    };
                    assert_eq!(value, expected, "seed {seed}: {row:?} {column}");
                } else {
                    let known: BTreeSet<String> = versions.into_iter().flatten().chain([String::new()]).collect();
                    assert!(known.contains(value), "seed {seed}: {row:?} {column} is {value}");
                }
            }
        }
        // What one side has put where nothing was is there, or is told of.
        let blamed = |row: &Vec<String>, column: &String| {
            there.conflicts.iter().any(|conflict| conflict.row == *row || conflict.column.as_ref() == Some(column))
        };
        for side in [&mine, &its] {
            for (row, columns) in side {
                for (column, value) in columns.iter().filter(|(column, value)| !value.is_empty() && cell(&was, row, column).is_none()) {
                    let kept = cell(&found, row, column).as_ref() == Some(value);
                    assert!(kept || blamed(row, column), "seed {seed}: {row:?} {column}: {value} is lost:\n{base}\n{one}\n{other}");
                }
            }
        }
        for row in was.keys().chain(mine.keys()).chain(its.keys()) {
            let there = [&was, &mine, &its].map(|table| table.contains_key(row));
            let kept = found.contains_key(row);
            assert!(kept || there != [true, true, true], "seed {seed}: {row:?} is lost");
            assert!(kept || there[0], "seed {seed}: {row:?} was added and is lost");
            assert!(!kept || there != [true, false, false], "seed {seed}: {row:?} was removed by both");
        }
    }
    println!("clean {clean}: {kinds:?}");
    assert!(clean > 2_000 && kinds.len() == 4);
}

#[test]
fn tables_are_merged_cell_by_cell() {
    let base = "id,name,age\n1,Ada,36\n2,Bob,40\n3,Cyd,50\n";
    let ours = "id,name,age\n1,Ada,37\n2,Bob,40\n4,Dan,20\n";
    let theirs = "id,town,name,age\n1,London,Ada L.,36\n2,Rome,Bob,40\n3,Bern,Cyd,51\n";
    let found = merge_tables(Some(base), ours, theirs, &keyed()).unwrap();
    assert_eq!(found.text, "id,town,name,age\n1,London,Ada L.,37\n2,Rome,Bob,40\n4,,Dan,20\n3,Bern,Cyd,50\n");
    let expected = TableConflict {
        row: vec!["3".into()],
        column: None,
        kind: Disagreement::Removed,
        base: Some("3, Cyd, 50".into()),
        ours: None,
        theirs: Some("3, Bern, Cyd, 51".into()),
    };
    assert_eq!(found.conflicts, [expected]);
    let unfit = |text: &str, options: &TableOptions| merge_tables(None, text, base, options).unwrap_err();
    for text in ["", "name\nx\n", "id,a\n1,2\n1,3\n", "id,id\n1,2\n", "id,a\n1,2,3\n"] {
        let problem = unfit(text, &keyed());
        assert!(problem.is(Code::NotMergeable) && problem.detail.contains("ours"), "{problem}");
    }
    assert!(unfit(base, &TableOptions { key: vec![], delimiter: ',' }).is(Code::NotMergeable));
    assert!(unfit(base, &TableOptions { key: vec!["id".into()], delimiter: '→' }).is(Code::NotMergeable));
    let rows = |count: usize| "id\n".to_owned() + &(0..count).map(|id| format!("{id}\n")).collect::<String>();
    assert!(unfit(&rows(MAXIMUM_ROWS + 1), &keyed()).is(Code::MergeTooLarge));
    let wide = "id".to_owned() + &(0..MAXIMUM_COLUMNS).map(|column| format!(",{column}")).collect::<String>();
    assert!(unfit(&wide, &keyed()).is(Code::MergeTooLarge));
    let begun = computed();
    let found = merge_tables(Some(&rows(100_000)), &rows(150_000), &rows(MAXIMUM_ROWS), &keyed()).unwrap();
    took("tables of up to 200,000 rows", begun, 10);
    assert!(found.conflicts.is_empty() && found.text == rows(MAXIMUM_ROWS));
}

#[test]
fn what_one_fills_where_the_other_removes_is_a_conflict() {
    for (base, ours, theirs) in [("id,c\n1,x\n", "id,c\n1,x\n2,y\n", "id\n1\n"), ("id,a\n1,x\n", "id,a,b\n1,x,5\n", "id,a\n")] {
        for (ours, theirs) in [(ours, theirs), (theirs, ours)] {
            let found = merge_tables(Some(base), ours, theirs, &keyed()).unwrap();
            assert!(found.conflicts.len() == 1 && found.conflicts[0].kind == Disagreement::Removed, "{found:?}");
            assert!(found.text.contains('y') || found.text.contains('5'), "{found:?}");
        }
    }
}

#[test]
fn results_are_bounded_however_the_sides_multiply() {
    // One line of markers, and many conflicts.
    let long = "<".repeat(1 << 20) + "\n";
    let lines = |sign: char| (0..1_000).map(|number| format!("{sign}{number}\nsame {number}\n")).collect::<String>();
    let found = merged(&(long.clone() + &lines('a')), &(long.clone() + &lines('b')), &(long.clone() + &lines('c')));
    assert!(found.conflicts.len() == 1_000 && found.text.len() < 2 * long.len(), "{}", found.text.len());
    let every: String = (7..=64).map(|width| "=".repeat(width) + "\n").collect::<String>() + &long;
    assert!(merge_texts(&every, &(every.clone() + "a"), &(every.clone() + "b"), &labels()).unwrap_err().is(Code::MergeTooLarge));
    // A long name over many conflicts.
    let name = "n".repeat(1 << 20);
    let document =
        |value: usize| json!({name.as_str(): (0..20_000).map(|at| (at.to_string(), json!(value))).collect::<serde_json::Map<_, _>>()});
    let found = merge_json(Some(&document(1)), &document(2), &document(3), &JsonOptions::default()).unwrap();
    assert_eq!((found.total, found.conflicts.len()), (20_000, MAXIMUM_CONFLICTS));
    assert!(found.conflicts.iter().all(|conflict| conflict.pointer.len() < MAXIMUM_POINTER + 8));
    // A long key over many cells that disagree, and many rows that do.
    let row = |value: usize| format!("{name}{}\n", format!(",{value}").repeat(MAXIMUM_COLUMNS - 1));
    let heads = "id".to_owned() + &(1..MAXIMUM_COLUMNS).map(|column| format!(",{column}")).collect::<String>() + "\n";
    let table = |value: usize| heads.clone() + &row(value);
    let found = merge_tables(Some(&table(1)), &table(2), &table(3), &keyed()).unwrap();
    assert_eq!((found.total, found.conflicts.len()), (MAXIMUM_COLUMNS - 1, MAXIMUM_CONFLICTS));
    assert!(found.conflicts.iter().all(|conflict| conflict.row[0].len() < MAXIMUM_KEY_PART + 8));
    let rows = |value: usize| "id,a\n".to_owned() + &(0..100_000).map(|id| format!("{id},{value}\n")).collect::<String>();
    let found = merge_tables(Some(&rows(1)), &rows(2), &rows(3), &keyed()).unwrap();
    assert_eq!((found.total, found.conflicts.len()), (100_000, MAXIMUM_CONFLICTS));
    let form = Form::Table(keyed());
    let told = review(&form, Some(rows(1).as_bytes()), rows(2).as_bytes(), rows(3).as_bytes()).unwrap();
    assert_eq!((told.total, told.findings.len()), (100_000, MAXIMUM_CONFLICTS));
    // Many columns of one, and many rows of the other.
    let wide = "id".to_owned() + &(1..MAXIMUM_COLUMNS).map(|column| format!(",{column}")).collect::<String>() + "\n";
    let tall = "id\n".to_owned() + &(0..=MAXIMUM_CELLS / MAXIMUM_COLUMNS).map(|id| format!("{id}\n")).collect::<String>();
    assert!(merge_tables(Some("id\n"), &wide, &tall, &keyed()).unwrap_err().is(Code::MergeTooLarge));
}

#[test]
fn neither_keys_with_odd_signs_nor_numbers_written_anew_are_taken_for_others() {
    let options = TableOptions { key: vec!["a".into(), "b".into()], delimiter: ',' };
    let table = "a,b\nx\u{1f}y,z\nx,y\u{1f}z\n\u{1e}1,\u{1e}0\n";
    let read = cells(table, &options).unwrap();
    assert!(read.len() == 3 && read.contains_key(&vec!["\u{1e}1".to_owned(), "\u{1e}0".to_owned()]));
    let found = merge_json(Some(&json!([1, 2])), &json!([1.0, 2]), &json!([1, 2, 3]), &JsonOptions::default()).unwrap();
    assert_eq!(found.value.to_string(), "[1.0,2,3]");
}
