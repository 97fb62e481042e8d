        perform set_config(
            'oneroof_run.broken',
            coalesce(current_setting('oneroof_run.broken', true), '') || translate({{message}}, chr(10), ' ') || chr(10),
            true
        );
