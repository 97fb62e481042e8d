-- Statement by statement: `alter system` refuses to share a transaction.
alter system set autovacuum = off
