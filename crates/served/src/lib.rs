//! What the programs that serve people have in common. So far the clock; not here: routes, rules,
//! anything that only one program needs.

pub mod clock;
