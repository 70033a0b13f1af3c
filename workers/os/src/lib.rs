//! To be written.

mod tool;
pub use tool::Tools;
