//! Which function is each case? What the tests of every back-end call.

crate::conformance! { @each plain }
