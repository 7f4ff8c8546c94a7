//! Container numbers as cameras and papers write them.

pub mod iso6346;
