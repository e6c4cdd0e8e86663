//! Which day or time does a date name, and is there such a day?

use super::Checked;

/// Months in English, German, French, Spanish, Italian, Portuguese and Dutch, by number; short forms without their full stop.
const MONTHS: [&[&str]; 12] = [
    &["january", "jan", "januar", "jänner", "janvier", "enero", "gennaio", "janeiro", "januari"],
    &["february", "feb", "februar", "février", "febrero", "febbraio", "fevereiro", "februari"],
    &["march", "mar", "märz", "mars", "marzo", "março", "maart"],
    &["april", "apr", "avril", "abril", "aprile"],
    &["may", "mai", "mayo", "maggio", "maio", "mei"],
    &["june", "jun", "juni", "juin", "junio", "giugno", "junho"],
    &["july", "jul", "juli", "juillet", "julio", "luglio", "julho"],
    &["august", "aug", "août", "agosto", "augustus"],
    &["september", "sep", "sept", "septembre", "septiembre", "settembre", "setembro"],
    &["october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "outubro"],
    &["november", "nov", "novembre", "noviembre", "novembro"],
    &["december", "dec", "dezember", "dez", "décembre", "diciembre", "dicembre", "dezembro"],
];

/// The months as alternatives, long ones first.
pub(super) fn month_pattern() -> String {
    let mut names: Vec<&str> = MONTHS.iter().flat_map(|names| names.iter().copied()).collect();
    names.sort_unstable_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names.join("|")
}

fn month(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    (1..).zip(MONTHS).find(|(_, names)| names.contains(&name.as_str())).map(|(number, _)| number)
}

fn exists(year: Option<u32>, month: u32, day: u32) -> bool {
    let leap = year.is_none_or(|year| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day) && year.is_none_or(|year| (1_000..=2_999).contains(&year))
}

fn whole(text: &str, value: String) -> Checked {
    Some((value, text.len()))
}

/// A date in figures or with the month's name. Of `1/2/2024` nobody can know which number is the month: it is read as day before
/// month where one of them settles it, else as the value `2024-01-02|2024-02-01`.
pub(super) fn date(text: &str) -> Checked {
    if let Some((year, week)) = text.split_once("-W") {
        return (1..=53).contains(&week.parse::<u32>().ok()?).then(|| (format!("{year}-W{week}"), text.len()));
    }
    if let Some(quarter) = text.strip_prefix('Q') {
        let (quarter, year) = quarter.split_at_checked(1)?;
        return whole(text, format!("{}-Q{quarter}", year.trim_start_matches([' ', '/'])));
    }
    let numbers: Vec<(u32, usize)> = text
        .split(|character: char| !character.is_ascii_digit())
        .filter(|piece| !piece.is_empty())
        .filter_map(|piece| Some((piece.parse().ok()?, piece.len())))
        .collect();
    let name = text.split(|character: char| !character.is_alphabetic()).find_map(month);
    let Some(month) = name else { return figures(text, &numbers) };
    match numbers[..] {
        [(year, 4)] if exists(Some(year), month, 1) => whole(text, format!("{year}-{month:02}")),
        // A month that is also a word of its own needs its capital letter: `may 2`.
        [(day, 1 | 2)] if exists(None, month, day) && text.chars().any(char::is_uppercase) => whole(text, format!("--{month:02}-{day:02}")),
        [(day, 1 | 2), (year, 4)] if exists(Some(year), month, day) => whole(text, format!("{year}-{month:02}-{day:02}")),
        _ => None,
    }
}

fn figures(text: &str, numbers: &[(u32, usize)]) -> Checked {
    // Both separators are the same.
    let mut separators = text.chars().filter(|character| matches!(character, '-' | '/' | '.'));
    if separators.next() != separators.next() {
        return None;
    }
    match *numbers {
        [(year, 4), (month, _), (day, _)] if exists(Some(year), month, day) => whole(text, format!("{year}-{month:02}-{day:02}")),
        [(first, _), (second, _), (year, 4)] => {
            let european = exists(Some(year), second, first).then(|| format!("{year}-{second:02}-{first:02}"));
            let american = exists(Some(year), first, second).then(|| format!("{year}-{first:02}-{second:02}"));
            match (european, american) {
                (Some(one), Some(other)) if text.contains('/') && one != other => whole(text, format!("{other}|{one}")),
                (Some(date), _) => whole(text, date),
                (None, Some(date)) if !text.contains('.') => whole(text, date),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A date with a time of ISO 8601.
pub(super) fn datetime(text: &str) -> Checked {
    let (day, rest) = text.split_at_checked(10)?;
    let (day, _) = date(day)?;
    let rest = rest.get(1..)?;
    let (clock, zone) = match rest.find([' ', 'Z', '+', '-']) {
        Some(end) => rest.split_at(end),
        None => (rest, ""),
    };
    let (clock, _) = time(clock.split(['.', ',']).next()?)?;
    whole(text, format!("{day}T{clock}{}", zone.trim()))
}

/// A time of the day, in 24 hours.
pub(super) fn time(text: &str) -> Checked {
    let lower = text.to_lowercase().replace('.', "");
    let (clock, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (_, Some(clock)) => (clock, Some(12)),
        _ => (lower.as_str(), None),
    };
    let mut numbers = clock.trim().split(':').map(|number| number.parse::<u32>().ok());
    let (hour, minute, second) = (numbers.next()??, numbers.next().unwrap_or(Some(0))?, numbers.next());
    let hour = match half {
        Some(shift) if (1..=12).contains(&hour) => hour % 12 + shift,
        Some(_) => return None,
        None => hour,
    };
    if hour > 23 || minute > 59 {
        return None;
    }
    match second.flatten() {
        Some(second) if second > 60 => None,
        Some(second) => whole(text, format!("{hour:02}:{minute:02}:{second:02}")),
        None => whole(text, format!("{hour:02}:{minute:02}")),
    }
}
