//! What Graadmeter's programs share, so that each behaves like the other: how a configuration is read and
//! its mistakes are told ([`settings`]), how HTTP is served within limits ([`serve`]), how a program logs
//! and is stopped ([`program`]), and who is one client ([`network`]).
//!
//! What is read, answered or logged is each program's own affair; so are the limits, which come in as
//! arguments.

pub mod network;
pub mod program;
pub mod serve;
pub mod settings;
