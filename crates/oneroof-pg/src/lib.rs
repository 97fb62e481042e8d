//! oneroof-pg
