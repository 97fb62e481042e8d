        raise exception using
            message = {{message}}{{hint}};
