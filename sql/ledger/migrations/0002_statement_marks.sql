-- 0002: marks of tiers that commit on their way: a statement that begins, a batch that is done.
-- Runs as role oneroof_ledger, once; never edited after release.

alter table oneroof.entry
    drop constraint entry_kind_is_known,
    add constraint entry_kind_is_known check ((kind in (
        'adopted', 'run_started', 'tier_started', 'statement_started', 'statement_done', 'batch_done', 'tier_applied',
        'run_finished', 'run_failed', 'tier_rolled_back', 'release_rolled_back', 'sealed', 'approval_used', 'note')) is true);
