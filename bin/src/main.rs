//! apportion
fn main() {}
