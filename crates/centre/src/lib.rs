//! centre
