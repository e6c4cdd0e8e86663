//! Which colours do charts have? Those of the dashboard in the light, from `style/tailwind.css`; a test holds them equal.

/// A colour with its opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
    /// 0 for what is not seen, to 1.
    pub opacity: f32,
}

const TOKENS: &[(&str, u32)] = &[
    ("--color-background", 0xf7_f8_fa),
    ("--color-raised", 0xff_ff_ff),
    ("--color-line", 0xdf_e3_ea),
    ("--color-text", 0x17_1b_23),
    ("--color-muted", 0x59_62_73),
    ("--color-accent", 0x43_53_d9),
    ("--color-queued", 0x53_62_7a),
    ("--color-running", 0x1d_5f_d6),
    ("--color-waiting", 0x96_58_0a),
    ("--color-completed", 0x15_73_47),
    ("--color-failed", 0xc2_2a_2a),
    ("--color-canceled", 0x64_6b_78),
    ("--color-rejected", 0xb3_24_5f),
    ("--color-assigned", 0x0b_6b_94),
    ("--color-chart-negative", 0xf0_a9_a4),
    ("--color-chart-zero", 0xff_ff_ff),
    ("--color-chart-positive", 0xa9_b4_f7),
];

/// The colours of series, in the order in which the dashboard's theme gives them; the last three are for charts of many series.
const SERIES: [&str; 9] = ["accent", "completed", "waiting", "running", "failed", "queued", "canceled", "rejected", "assigned"];

impl Colour {
    pub(crate) const WHITE: Self = Self::rgb(0xff_ff_ff);
    pub(crate) const TEXT: Self = Self::rgb(0x17_1b_23);
    pub(crate) const MUTED: Self = Self::rgb(0x59_62_73);
    pub(crate) const LINE: Self = Self::rgb(0xdf_e3_ea);

    const fn rgb(hex: u32) -> Self {
        let [_, red, green, blue] = hex.to_be_bytes();
        Self { red, green, blue, opacity: 1.0 }
    }

    /// The same, seen through.
    #[must_use]
    pub const fn with_opacity(self, opacity: f32) -> Self {
        Self { opacity, ..self }
    }

    /// As SVG writes it, without its opacity.
    #[must_use]
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// The colour of the series at this place.
    pub(crate) fn of_series(place: usize) -> Self {
        token(&format!("--color-{}", SERIES[place % SERIES.len()])).unwrap_or(Self::TEXT)
    }

    /// A colour as options write it: `#4353d9`, `#45d`, `rgb(67, 83, 217)`, `rgba(…)` or `var(--color-accent)`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix("var(").and_then(|rest| rest.strip_suffix(')')) {
            return token(name.trim());
        }
        if let Some(hex) = text.strip_prefix('#') {
            let full: String = if hex.len() == 3 { hex.chars().flat_map(|digit| [digit, digit]).collect() } else { hex.to_owned() };
            return if full.len() == 6 { u32::from_str_radix(&full, 16).ok().map(Self::rgb) } else { None };
        }
        let parts = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb("))?.strip_suffix(')')?;
        let parts: Vec<f32> = parts.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
        let byte = |place: usize| parts.get(place).map(|value| value.clamp(0.0, 255.0).round() as u8);
        let opacity = parts.get(3).copied().unwrap_or(1.0).clamp(0.0, 1.0);
        Some(Self { red: byte(0)?, green: byte(1)?, blue: byte(2)?, opacity })
    }

    /// The colour that lies so far, 0 to 1, along a row of colours.
    pub(crate) fn along(colours: &[Self], share: f64) -> Self {
        let Some(last) = colours.len().checked_sub(1).filter(|last| *last > 0) else {
            return colours.first().copied().unwrap_or(Self::WHITE);
        };
        let place = share.clamp(0.0, 1.0) * last as f64;
        let from = (place.floor() as usize).min(last - 1);
        let part = place - from as f64;
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
        let (a, b) = (colours[from], colours[from + 1]);
        Self { red: mix(a.red, b.red), green: mix(a.green, b.green), blue: mix(a.blue, b.blue), opacity: 1.0 }
    }

    /// Text that can be read on this colour.
    pub(crate) fn ink(self) -> Self {
        let light = 0.299 * f64::from(self.red) + 0.587 * f64::from(self.green) + 0.114 * f64::from(self.blue);
        if light > 140.0 { Self::TEXT } else { Self::WHITE }
    }
}

pub(crate) fn token(name: &str) -> Option<Colour> {
    TOKENS.iter().find(|(known, _)| *known == name).map(|(_, hex)| Colour::rgb(*hex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_page() {
        let css = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../style/tailwind.css")).unwrap();
        let light = css.split("@theme static {").nth(1).unwrap().split('}').next().unwrap();
        for (name, _) in TOKENS {
            let colour = token(name).unwrap().hex();
            assert!(light.contains(&format!("{name}: {colour};")), "{name} is not {colour}");
        }
    }

    #[test]
    fn colours_are_read_as_options_write_them() {
        assert_eq!(Colour::parse("#4353d9"), Some(Colour::of_series(0)));
        assert_eq!(Colour::parse("var(--color-failed)"), Some(Colour::of_series(4)));
        assert_eq!(Colour::parse("#f0a").unwrap().hex(), "#ff00aa");
        assert_eq!(Colour::parse("rgba(1, 2, 3, 0.5)").unwrap(), Colour { red: 1, green: 2, blue: 3, opacity: 0.5 });
        assert!(["url(#x)", "#12", "red\" onload=\"x", "rgb(1,2)"].iter().all(|text| Colour::parse(text).is_none()));
    }
}
