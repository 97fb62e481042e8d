-- Gives back the membership that owner.sql borrowed for this transaction.
do $release$
begin
    if pg_catalog.current_setting('oneroof.adopt_borrowed_role', true) = 'yes' then
        execute pg_catalog.format('revoke oneroof_ledger from %I', current_user);
    end if;
end
$release$;
