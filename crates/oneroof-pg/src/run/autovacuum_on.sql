alter system reset autovacuum
