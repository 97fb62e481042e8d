    if not ({{holds}}) then
        raise exception using
            message = format(
                '%s ABORT: this release may run on PostgreSQL %s, and this server is %s',
                {{label}}, {{range}}, current_setting('server_version')
            );
    end if;
