//! Judging: may this beacon count? Each question is a file; the pipeline asks them in order.

pub mod duplicates;
pub mod limiter;
pub mod origin;
mod recent;
pub mod robots;
pub mod signature;
