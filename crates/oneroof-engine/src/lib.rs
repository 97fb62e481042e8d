//! oneroof-engine
