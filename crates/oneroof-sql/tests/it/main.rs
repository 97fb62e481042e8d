//! Tests over what lies in the repository.

#[cfg(test)]
mod packages;
