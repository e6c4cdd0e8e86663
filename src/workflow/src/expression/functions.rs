//! Which functions are there, and how are they called?

macro_rules! functions {
    ($($variant:ident = $name:literal, $arguments:expr, $usage:literal, $about:literal;)+) => {
        /// A function of the expression language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Function { $(#[doc = $about] $variant),+ }

        impl Function {
            /// All functions.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// How many arguments it takes: the fewest and the most.
            #[must_use]
            pub const fn arguments(self) -> (usize, usize) {
                match self { $(Self::$variant => $arguments),+ }
            }

            /// How it is called.
            #[must_use]
            pub const fn usage(self) -> &'static str {
                match self { $(Self::$variant => $usage),+ }
            }

            /// What it does, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),+ }
            }
        }
    };
}

/// The most arguments of those functions that take any number of them.
const MANY: usize = 20;

functions! {
    Length = "length", (1, 1), "length(value)", "How many characters a text has, values a list, or properties an object.";
    Contains = "contains", (2, 2), "contains(in, value)", "Whether a text holds another one, or a list a value.";
    StartsWith = "startsWith", (2, 2), "startsWith(text, start)", "Whether a text begins so.";
    EndsWith = "endsWith", (2, 2), "endsWith(text, end)", "Whether a text ends so.";
    Lower = "lower", (1, 1), "lower(text)", "The text in small letters.";
    Upper = "upper", (1, 1), "upper(text)", "The text in capitals.";
    Trim = "trim", (1, 1), "trim(text)", "The text without space at its ends.";
    Replace = "replace", (3, 3), "replace(text, what, with)", "The text with one part of it replaced wherever it is.";
    Split = "split", (2, 2), "split(text, separator)", "The parts of a text between the separators.";
    Join = "join", (1, 2), "join(list, separator)", "The values of a list as one text; the separator is `, ` unless given.";
    Substring = "substring", (2, 3), "substring(text, from, to)", "The characters from one place, counted from 0, to before another.";
    Default = "default", (2, 2), "default(value, otherwise)", "The value, or the other one where it is missing.";
    Coalesce = "coalesce", (1, MANY), "coalesce(a, b, …)", "The first of the values that is not missing.";
    Text = "text", (1, 1), "text(value)", "The value as text, lists and objects as JSON.";
    Number = "number", (1, 1), "number(text)", "The number that a text says.";
    Json = "json", (1, 1), "json(value)", "The value as JSON.";
    Round = "round", (1, 2), "round(number, digits)", "The nearest whole number, or with so many digits.";
    Floor = "floor", (1, 1), "floor(number)", "The next whole number below.";
    Ceil = "ceil", (1, 1), "ceil(number)", "The next whole number above.";
    Abs = "abs", (1, 1), "abs(number)", "The number without its sign.";
    Min = "min", (1, MANY), "min(list) or min(a, b, …)", "The least of some numbers.";
    Max = "max", (1, MANY), "max(list) or max(a, b, …)", "The greatest of some numbers.";
    Sum = "sum", (1, 1), "sum(list)", "The sum of a list of numbers.";
    First = "first", (1, 1), "first(list)", "The first value of a list, missing if it is empty.";
    Last = "last", (1, 1), "last(list)", "The last value of a list, missing if it is empty.";
    Slice = "slice", (2, 3), "slice(list, from, to)", "The values from one place, counted from 0, to before another.";
    Flatten = "flatten", (1, 1), "flatten(list)", "The values of the lists in a list, one after the other.";
    Unique = "unique", (1, 1), "unique(list)", "The list without what was there before.";
    Sort = "sort", (1, 1), "sort(list)", "The numbers or texts of a list in order.";
    Range = "range", (1, 2), "range(from, to)", "The whole numbers from one, or 0, to before another.";
    Keys = "keys", (1, 1), "keys(object)", "The names of an object's properties.";
    Values = "values", (1, 1), "values(object)", "The values of an object's properties.";
    Map = "map", (2, 2), "map(list, x => …)", "What becomes of each value of a list.";
    Filter = "filter", (2, 2), "filter(list, x => …)", "The values of a list for which something is true.";
    Any = "any", (2, 2), "any(list, x => …)", "Whether something is true of some value of a list.";
    All = "all", (2, 2), "all(list, x => …)", "Whether something is true of every value of a list.";
    Success = "success", (0, 0), "success()", "Whether all that the step needs has completed.";
    Failure = "failure", (0, 0), "failure()", "Whether something before the step has failed.";
    Always = "always", (0, 0), "always()", "True, whatever happened before.";
}

impl Function {
    /// The function of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.as_str() == name)
    }

    /// Whether its last argument is `x => …`.
    pub(crate) const fn binds(self) -> bool {
        matches!(self, Self::Map | Self::Filter | Self::Any | Self::All)
    }

    /// Whether it asks how earlier steps ended; only the condition of a step may.
    pub(crate) const fn is_status(self) -> bool {
        matches!(self, Self::Success | Self::Failure | Self::Always)
    }
}
