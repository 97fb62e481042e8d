//! oneroof-model
