//! What papers at a lane say in a form machines read: machine-readable zones, vehicle
//! identification numbers, TIR carnet numbers, the message of a page reader, and a page's bilevel
//! preview. Text recognition of whole pages is not done here.

pub mod bilevel;
pub mod mrz;
pub mod page;
pub mod tir;
pub mod vin;
