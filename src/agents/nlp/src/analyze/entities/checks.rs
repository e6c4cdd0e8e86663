//! Is what looks like an address, a sum or a number with a checksum really one?

use std::net::IpAddr;

use super::Checked;

fn whole(text: &str, value: impl Into<String>) -> Checked {
    Some((value.into(), text.len()))
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|character| character.to_digit(10)).collect()
}

pub(super) fn lower(text: &str) -> Checked {
    whole(text, text.to_lowercase())
}

pub(super) fn name(text: &str) -> Checked {
    let text = text.strip_suffix('.').unwrap_or(text);
    whole(text, text)
}

/// An address less the signs that belong to the sentence around it.
pub(super) fn url(text: &str) -> Checked {
    let mut end = text;
    loop {
        let trimmed = end.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '*', '_', '…']);
        let unpaired = |open: char, close: char| trimmed.ends_with(close) && trimmed.matches(close).count() > trimmed.matches(open).count();
        let next = if unpaired('(', ')') || unpaired('[', ']') || unpaired('{', '}') { &trimmed[..trimmed.len() - 1] } else { trimmed };
        if next.len() == end.len() {
            break;
        }
        end = next;
    }
    let host = end.split_once("://").map_or(end, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let known = host.chars().any(char::is_alphanumeric) && (host.contains('.') || host.starts_with("localhost") || host.starts_with('['));
    known.then(|| (end.to_owned(), end.len()))
}

pub(super) fn email(text: &str) -> Checked {
    if text.contains("..") || text.contains(".@") {
        return None;
    }
    let (local, host) = text.rsplit_once('@')?;
    whole(text, format!("{local}@{}", host.to_lowercase()))
}

/// Lengths of IBANs by country (the SWIFT registry).
const IBAN_LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 FI18 FO18 FR27 \
    GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 \
    MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20";

/// ISO 13616: as long as its country wants it, and 1 modulo 97.
pub(super) fn iban(text: &str) -> Checked {
    let country = text.get(..2)?;
    let length: usize = IBAN_LENGTHS.split_whitespace().find_map(|entry| entry.strip_prefix(country))?.parse().ok()?;
    let (mut dense, mut end) = (String::new(), 0);
    for (at, character) in text.char_indices().filter(|(_, character)| *character != ' ') {
        if dense.len() == length {
            break;
        }
        dense.push(character);
        end = at + 1;
    }
    if dense.len() != length {
        return None;
    }
    let remainder = dense[4..].chars().chain(dense[..4].chars()).try_fold(0, |remainder, character| {
        let value = character.to_digit(36)?;
        Some(if value > 9 { (remainder * 100 + value) % 97 } else { (remainder * 10 + value) % 97 })
    })?;
    (remainder == 1).then_some((dense, end))
}

/// A number of a card network with the right length and Luhn digit (ISO/IEC 7812).
pub(super) fn card(text: &str) -> Checked {
    let digits = digits(text);
    let head = |count: usize| digits.iter().take(count).fold(0, |number, digit| number * 10 + digit);
    let fits = match (head(2), digits.len()) {
        (34 | 37, 15) | (40..=49, 13 | 16 | 19) | (51..=55 | 65, 16) | (30 | 36 | 38 | 39, 14) | (35, 16) | (62, 16..=19) => true,
        (22..=27, 16) => (2_221..=2_720).contains(&head(4)),
        (60, 16) => head(4) == 6_011,
        _ => false,
    };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 }).sum();
    (fits && sum.is_multiple_of(10)).then(|| (digits.iter().map(u32::to_string).collect(), text.len()))
}

/// ISBN-13 by its digit modulo 10; ISBN-10 by its digit modulo 11, and only if it is called so: one number in eleven fits by chance.
pub(super) fn isbn(text: &str) -> Checked {
    let named = text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("isbn"));
    let number = if named { text.get(4..)?.trim_start_matches(['-', ':', ' ']) } else { text };
    let number = if named {
        ["10: ", "13: ", "10 ", "13 ", "10:", "13:"].iter().find_map(|head| number.strip_prefix(head)).unwrap_or(number)
    } else {
        number
    };
    let dense: String = number.chars().filter(|character| character.is_ascii_digit() || *character == 'X').collect();
    let values: Vec<u32> = dense.chars().map(|character| character.to_digit(10).unwrap_or(10)).collect();
    let valid = match values.len() {
        13 => {
            (dense.starts_with("978") || dense.starts_with("979"))
                && !dense.contains('X')
                && values
                    .iter()
                    .enumerate()
                    .map(|(place, digit)| digit * if place % 2 == 0 { 1 } else { 3 })
                    .sum::<u32>()
                    .is_multiple_of(10)
        }
        10 => named && (1..=10).rev().zip(&values).map(|(weight, digit)| weight * digit).sum::<u32>().is_multiple_of(11),
        _ => false,
    };
    valid.then_some((dense, text.len()))
}

pub(super) fn ip(text: &str) -> Checked {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let parsed: IpAddr = address.parse().ok()?;
    if address.len() < 4 {
        return None;
    }
    match prefix {
        None => whole(text, parsed.to_string()),
        Some(prefix) => {
            let most = if parsed.is_ipv4() { 32 } else { 128 };
            (prefix.parse::<u32>().ok()? <= most).then(|| (format!("{parsed}/{prefix}"), text.len()))
        }
    }
}

/// Decimal degrees, latitude first.
pub(super) fn coordinates(text: &str) -> Checked {
    let text = text.trim_end();
    let (latitude, longitude) = if text.contains(['′', '\'', '’']) {
        let split = text.find(['N', 'S'])? + 1;
        let degrees = |part: &str| {
            let mut numbers =
                part.split(|character: char| !character.is_ascii_digit() && character != '.').filter(|piece| !piece.is_empty());
            let mut next = || numbers.next().map_or(Some(0.0), |piece| piece.parse::<f64>().ok());
            let (degrees, minutes, seconds) = (next()?, next()?, next()?);
            (minutes < 60.0 && seconds < 60.0).then_some(degrees + minutes / 60.0 + seconds / 3_600.0)
        };
        let sign = |part: &str| if part.contains(['S', 'W']) { -1.0 } else { 1.0 };
        let (first, second) = text.split_at(split);
        (degrees(first)? * sign(first), degrees(second)? * sign(second))
    } else {
        let (first, second) = text.split_once(',')?;
        let degrees = |part: &str| {
            let number: String = part
                .replace('−', "-")
                .chars()
                .filter(|character| character.is_ascii_digit() || matches!(character, '.' | '-' | '+'))
                .collect();
            number.parse::<f64>().ok().map(|value| if part.contains(['S', 'W']) { -value } else { value })
        };
        (degrees(first)?, degrees(second)?)
    };
    if latitude.abs() > 90.0 || longitude.abs() > 180.0 {
        return None;
    }
    let short = |value: f64| {
        let text = format!("{value:.6}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    whole(text, format!("{},{}", short(latitude), short(longitude)))
}

/// A number with a decimal point and no separators. The last separator is a decimal one unless three digits follow it and it could
/// be one of thousands.
fn plain(number: &str) -> String {
    let dense: String = number.chars().filter(|character| character.is_ascii_digit() || matches!(character, '.' | ',')).collect();
    let grouped = number.chars().any(|character| matches!(character, '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}'));
    let Some(last) = dense.rfind(['.', ',']) else { return dense };
    let separator = &dense[last..=last];
    let once = dense.matches(separator).count() == 1;
    let thousands = dense.len() - last - 1 == 3 && !grouped && last <= 3 && !dense.starts_with('0') || !once;
    let strip = |part: &str| part.replace(['.', ','], "");
    let mixed = dense.contains('.') && dense.contains(',');
    if thousands && !mixed || !once { strip(&dense) } else { format!("{}.{}", strip(&dense[..last]), &dense[last + 1..]) }
}

pub(super) fn percentage(text: &str) -> Checked {
    let sign = if text.starts_with(['-', '−']) { "-" } else { "" };
    let end = text.rfind(|character: char| character.is_ascii_digit())? + 1;
    let unit = if text.ends_with('‰') { "‰" } else { "%" };
    whole(text, format!("{sign}{} {unit}", plain(&text[..end])))
}

/// Currencies as they are written, and their codes of ISO 4217. Of a sign that several share the commonest is taken.
const CURRENCIES: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("R$", "BRL"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₩", "KRW"),
    ("₺", "TRY"),
    ("₴", "UAH"),
    ("zł", "PLN"),
    ("USD", "USD"),
    ("EUR", "EUR"),
    ("GBP", "GBP"),
    ("CHF", "CHF"),
    ("JPY", "JPY"),
    ("CNY", "CNY"),
    ("INR", "INR"),
    ("AUD", "AUD"),
    ("CAD", "CAD"),
    ("SEK", "SEK"),
    ("NOK", "NOK"),
    ("DKK", "DKK"),
    ("PLN", "PLN"),
    ("CZK", "CZK"),
    ("HUF", "HUF"),
    ("BRL", "BRL"),
    ("RUB", "RUB"),
    ("KRW", "KRW"),
    ("ZAR", "ZAR"),
    ("MXN", "MXN"),
    ("dollars", "USD"),
    ("dollar", "USD"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("Euro", "EUR"),
    ("Franken", "CHF"),
    ("pounds sterling", "GBP"),
    ("yen", "JPY"),
    ("rupees", "INR"),
];

pub(super) fn currency_pattern() -> String {
    CURRENCIES.iter().map(|(written, _)| regex::escape(written)).collect::<Vec<_>>().join("|")
}

pub(super) fn money(text: &str) -> Checked {
    // Longer ones stand before those that they contain.
    let (_, code) = CURRENCIES.iter().find(|(written, _)| text.starts_with(written) || text.ends_with(written))?;
    let first = text.find(|character: char| character.is_ascii_digit())?;
    let last = text.rfind(|character: char| character.is_ascii_digit())? + 1;
    let amount = plain(&text[first..last]);
    let tail = text[last..].trim().to_lowercase();
    let zeros = match tail.split([' ', '\u{a0}']).next().unwrap_or_default().trim_end_matches('.') {
        "thousand" | "k" => 3,
        "million" | "millions" | "millionen" | "mio" | "m" => 6,
        "billion" | "bn" | "milliarden" | "milliards" | "mrd" => 9,
        "trillion" => 12,
        _ => 0,
    };
    whole(text, format!("{} {code}", shifted(&amount, zeros)))
}

/// A number with its decimal point moved to the right.
fn shifted(number: &str, places: usize) -> String {
    if places == 0 {
        return number.to_owned();
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() <= places {
        format!("{whole}{fraction}{}", "0".repeat(places - fraction.len()))
    } else {
        format!("{whole}{}.{}", &fraction[..places], &fraction[places..])
    }
}

/// The number alone. Without a word before it three parts are needed.
pub(super) fn version(text: &str) -> Checked {
    let text = text.trim_end_matches(['.', '-', '+']);
    let start = text.find(|character: char| character.is_ascii_digit())?;
    whole(text, &text[start..])
}

/// 8 to 15 digits (E.164), 7 for a number without its country.
pub(super) fn phone(text: &str) -> Checked {
    let count = digits(text).len();
    let open = text.matches('(').count() == text.matches(')').count();
    let international = text.starts_with('+');
    if !open || !(if international { 8..=15 } else { 8..=13 }).contains(&count) {
        return None;
    }
    let number: String = digits(text).iter().map(u32::to_string).collect();
    whole(text, if international { format!("+{number}") } else { number })
}
