//! oneroof-sql
