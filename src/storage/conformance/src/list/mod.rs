//! Which cases are there? One list, a file for each part of it, which the macro turns into tests; a test holds it against the files of cases.

mod flows;
mod others;
mod tasks;
mod together;
mod topics;

/// Turns every case into a test of its own. The expression makes a fresh [`Backend`](crate::Backend); it may be anything
/// that the place of the call can name.
#[macro_export]
macro_rules! conformance {
    ($backend:expr) => {
        $crate::conformance! { @each tests $backend }
    };
    // Each part adds its cases to those before it and hands them on; the last one gives them to the macro that was asked for.
    (@each $then:ident $($given:tt)*) => {
        $crate::tasks_cases! { $then [$($given)*] [] }
    };
}

/// Makes the tests of [`conformance`](crate::conformance).
#[doc(hidden)]
#[macro_export]
macro_rules! tests {
    ($backend:expr; $($name:ident = $($part:ident)::+ { $($case:ident,)+ })+) => {
        $(
            mod $name {
                use super::*;

                $(
                    #[test]
                    fn $case() {
                        $crate::run(Box::new($backend), $crate::cases::$name::$case);
                    }
                )+
            }
        )+
    };
}

/// Makes a plain function of each case, so that it is compiled here, once, and not again with every back-end.
macro_rules! plain {
    (; $($name:ident = $($part:ident)::+ { $($case:ident,)+ })+) => {
        $(
            pub mod $name {
                use futures::future::LocalBoxFuture;

                use crate::World;
                use crate::$($part)::+ as part;

                $(
                    pub fn $case(world: &World) -> LocalBoxFuture<'_, ()> {
                        Box::pin(part::$case(world))
                    }
                )+
            }
        )+

        /// Every case with its name.
        pub const ALL: &[(&str, for<'a> fn(&'a $crate::World) -> futures::future::LocalBoxFuture<'a, ()>)] =
            &[$($((stringify!($case), $name::$case),)+)+];
    };
}
pub(crate) use plain;
