//! Tests over what lies in the repository.

#[cfg(test)]
mod packages;
mod source;
