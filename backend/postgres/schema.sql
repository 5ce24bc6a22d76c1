-- The numbers of enumim in PostgreSQL 13 or newer. One schema is one tree; under another name it is another.
-- docs/postgres.md describes it.
BEGIN;

CREATE SCHEMA enumim;

-- Functions of the constraints. They refuse more than the server does: what is refused here for no reason of the
-- standards is refused since it is seldom meant, and each constraint is a line that can be taken away.

CREATE FUNCTION enumim.is_ipv6(address text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN address ~ '^[0-9A-Fa-f:.]{2,45}$' AND pg_catalog.family(address::inet) = 6;
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$;

CREATE FUNCTION enumim.is_domain(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT length(name) <= 254 AND name ~ '^([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$'
$$;

-- A host of a URI: an IPv4 address, an IPv6 address in brackets, or a name, which may have underscores.
CREATE FUNCTION enumim.is_host(host text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN host LIKE '[%]' THEN enumim.is_ipv6(substring(host FROM 2 FOR length(host) - 2))
        WHEN host ~ '^[0-9.]+$' THEN host ~ '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(?!$)|$)){4}$'
        ELSE length(host) <= 253 AND host !~ '[^.]{64}'
            AND host ~* '^([a-z0-9_]+(-+[a-z0-9_]+)*\.)*[a-z][a-z0-9]*(-+[a-z0-9]+)*\.?$'
    END
$$;

-- Where the host of a URI stands that has one.
CREATE FUNCTION enumim.uri_host(uri text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substring(uri FROM '^[^:]+:(?://)?(?:[^@/?]*@)?(\[[^]]*\]|[^]:/?;[]*)')
$$;

-- A URI of RFC 3986 without fragment that says what its scheme wants: user and host of sip and im, a global number
-- of tel, a host of http. Schemes without a rule of their own have the characters of a URI.
CREATE FUNCTION enumim.is_uri(uri text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT uri ~ '^[A-Za-z][A-Za-z0-9+.-]*:([]!$&''()*+,./0-9:;=?@A-Z[_a-z~-]|%([2-6][0-9A-Fa-f]|7[0-9A-Ea-e]|[89A-Fa-f][0-9A-Fa-f]))+$'
    AND CASE
        WHEN lower(split_part(uri, ':', 1)) IN ('im', 'pres') THEN
            uri ~* '^(im|pres):[a-z0-9!$&''*+=_~-]+(\.[a-z0-9!$&''*+=_~-]+)*@[a-z0-9_.-]*[a-z0-9](\?[a-z0-9-]+=[a-z0-9._~%-]+(&[a-z0-9-]+=[a-z0-9._~%-]+)*)?$'
            AND enumim.is_host(enumim.uri_host(uri))
        WHEN lower(split_part(uri, ':', 1)) IN ('sip', 'sips') THEN
            uri ~* '^sips?:([a-z0-9_.!~*''()&=+$,;%-]+(:[a-z0-9_.!~*''()&=+$,%-]*)?@)?(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[1-9][0-9]{0,3}|:[1-5][0-9]{4}|:6[0-4][0-9]{3})?(;[a-z0-9._~!*''()%+-]+(=[a-z0-9._~!*''()%+:-]+)?)*(\?[a-z0-9._~%-]+=[a-z0-9._~%+:-]*(&[a-z0-9._~%-]+=[a-z0-9._~%+:-]*)*)?$'
            AND enumim.is_host(enumim.uri_host(uri))
        WHEN lower(split_part(uri, ':', 1)) = 'tel' THEN
            uri ~* '^tel:\+[0-9().-]*[0-9][().-]*(;[a-z0-9-]+(=[a-z0-9._~!*''()%+:-]+)?)*$'
        WHEN lower(split_part(uri, ':', 1)) = 'mailto' THEN
            uri ~* '^mailto:[a-z0-9!$&''*+=_~.%-]+@[a-z0-9_.-]*[a-z0-9](\?[a-z0-9._~%=&+-]*)?$'
            AND enumim.is_host(enumim.uri_host(uri))
        WHEN lower(split_part(uri, ':', 1)) = 'acct' THEN
            uri ~* '^acct:[a-z0-9!$&''*+=_~.%-]+@[a-z0-9_.-]*[a-z0-9]$'
            AND enumim.is_host(enumim.uri_host(uri))
        WHEN lower(split_part(uri, ':', 1)) = 'xmpp' THEN
            uri ~* '^xmpp:([a-z0-9!$&''*+=_~.%-]+@)?[a-z0-9_.-]+(/[a-z0-9._~%-]+)?(\?[a-z0-9._~%=;&+-]*)?$'
            AND enumim.is_host(enumim.uri_host(uri))
        WHEN lower(split_part(uri, ':', 1)) IN ('http', 'https', 'ftp') THEN
            uri ~* '^[a-z]+://([a-z0-9_.!~*''()&=+$,;:%-]+@)?(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[1-9][0-9]{0,3}|:[1-5][0-9]{4}|:6[0-4][0-9]{3})?([/?].*)?$'
            AND enumim.is_host(enumim.uri_host(uri))
        WHEN lower(split_part(uri, ':', 1)) IN ('h323', 'iax') THEN
            uri ~* '^[a-z0-9]+:([a-z0-9_.!~*''()&=+$,%-]+@)[a-z0-9_.-]*[a-z0-9]$'
            AND enumim.is_host(enumim.uri_host(uri))
        WHEN lower(split_part(uri, ':', 1)) = 'ldap' THEN
            uri ~* '^ldap://([a-z0-9]+(-+[a-z0-9]+)*\.)*[a-z][a-z0-9]*(-+[a-z0-9]+)*([/?].*)?$'
            AND enumim.is_host(enumim.uri_host(uri))
        WHEN lower(split_part(uri, ':', 1)) IN ('javascript', 'vbscript', 'file') THEN false
        ELSE true
    END
$$;

-- The services field of RFC 6116 section 3.4.3: "E2U+type:subtype+type...", 32 octets a word at most.
CREATE FUNCTION enumim.is_services(services text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT length(services) <= 255
    AND services ~ '^[Ee]2[Uu](\+[A-Za-z0-9-]{1,32}(:[A-Za-z0-9-]{1,32})*)+$'
    AND services !~* '\+e2u|\+im:'
$$;

-- Whether the Enumservices are for URIs of this scheme (the IANA registry of 2022-01-28; others may be for any).
CREATE FUNCTION enumim.services_fit(services text, scheme text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT NOT EXISTS (
        SELECT FROM unnest(string_to_array(substring(lower(services) FROM 5), '+')) AS s (service)
        WHERE CASE
            WHEN service IN ('h323', 'iax', 'im', 'pres', 'xmpp', 'acct') THEN scheme <> service
            WHEN service = 'sip' THEN scheme NOT IN ('sip', 'sips')
            WHEN service = 'vcard' THEN scheme NOT IN ('http', 'https')
            WHEN service IN ('email:mailto', 'ems:mailto', 'ems:tel', 'fax:tel', 'ft:ftp', 'ical-access:http', 'ical-access:https',
                'ical-sched:mailto', 'ifax:mailto', 'mms:mailto', 'mms:tel', 'pstn:sip', 'pstn:tel', 'sms:mailto', 'sms:tel',
                'unifmsg:http', 'unifmsg:https', 'unifmsg:sip', 'unifmsg:sips', 'videomsg:http', 'videomsg:https', 'videomsg:sip',
                'videomsg:sips', 'voice:tel', 'voicemsg:http', 'voicemsg:https', 'voicemsg:sip', 'voicemsg:sips', 'voicemsg:tel',
                'vpim:ldap', 'vpim:mailto', 'web:http', 'web:https') THEN scheme <> split_part(service, ':', 2)
            ELSE false
        END)
$$;

-- A substitution expression (RFC 3402 section 3.2) of the usual sort: "!^\+44(.*)$!sip:0\1@example.com!". Its pattern
-- has digits, "\+", ".", brackets of digits and "+", groups and repetition; nothing escapes the delimiter; references are to
-- groups that are there.
CREATE FUNCTION enumim.is_regexp(regexp text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    delimiter text := left(regexp, 1);
    pattern text := split_part(regexp, delimiter, 2);
    target text := split_part(regexp, delimiter, 3);
    most int;
BEGIN
    IF length(regexp) > 255 OR delimiter !~ '^[!#%&,/:;<=>@_~"''`-]$' OR length(regexp) - length(replace(regexp, delimiter, '')) <> 3
        OR split_part(regexp, delimiter, 4) !~ '^i?$' THEN
        RETURN false;
    END IF;
    IF pattern !~ '^\^?(([0-9.]|\\\+|\[\^?([0-9+]|[0-9]-[0-9])+\]|[()|])([*+?]|\{[0-9]{1,2}(,[0-9]{0,2})?\})?)+\$?$'
        OR pattern ~ '[(|][*+?{|)]|^\^?[*+?{|]|\|\$?$' THEN
        RETURN false;
    END IF;
    most := coalesce((SELECT max(m[1]::int) FROM regexp_matches(target, '\\([0-9])', 'g') AS m), 0);
    IF target ~ '\\([^1-9]|$)' OR length(pattern) - length(replace(pattern, '(', '')) < most
        OR length(pattern) - length(replace(pattern, '(', '')) > 9 THEN
        RETURN false;
    END IF;
    PERFORM '' ~ ('(?e)' || pattern);
    RETURN enumim.is_uri(regexp_replace(target, '\\[1-9]', '1', 'g'));
EXCEPTION WHEN invalid_regular_expression THEN
    RETURN false;
END $$;

CREATE FUNCTION enumim.regexp_scheme(regexp text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(split_part(split_part(regexp, left(regexp, 1), 3), ':', 1))
$$;

-- What the expression makes of a number; NULL where it does not match.
CREATE FUNCTION enumim.regexp_result(regexp text, aus text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    groups text[] := regexp_match(aus, '(?e)' || split_part(regexp, left(regexp, 1), 2));
    result text := split_part(regexp, left(regexp, 1), 3);
BEGIN
    IF groups IS NULL THEN
        RETURN NULL;
    END IF;
    FOR i IN 1..9 LOOP
        result := replace(result, '\' || i, coalesce(groups[i], ''));
    END LOOP;
    RETURN result;
END $$;

-- Whether the expression makes a URI of the number that it stands at. Numbers of a dial plan have no "+". That of a
-- block is tried with the first of its numbers, which it may leave to others.
CREATE FUNCTION enumim.regexp_serves(regexp text, number text, block boolean) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    bare text := enumim.regexp_result(regexp, number);
    plus text := enumim.regexp_result(regexp, '+' || number);
BEGIN
    RETURN coalesce(enumim.is_uri(bare), block) OR coalesce(enumim.is_uri(plus), block);
END $$;

-- One row is one record; the rows of one entry have kind, number, min and max in common. The columns are those of
-- docs/convert.md. Text is that of protocols: no language has a say in what is upper case.
CREATE TABLE enumim.record (
    id          bigint GENERATED BY DEFAULT AS IDENTITY,
    kind        text COLLATE "C" NOT NULL DEFAULT 'number',
    number      text COLLATE "C" NOT NULL,
    min         smallint,
    max         smallint,
    ttl         integer,
    type        text COLLATE "C" NOT NULL DEFAULT 'NAPTR',
    "order"     integer,
    preference  integer,
    flags       text COLLATE "C",
    services    text COLLATE "C",
    uri         text COLLATE "C",
    regexp      text COLLATE "C",
    replacement text COLLATE "C",
    host        text COLLATE "C",
    data        text COLLATE "C",

    CONSTRAINT record_id PRIMARY KEY (id),
    CONSTRAINT kind_known CHECK (kind IN ('number', 'block', 'delegation')),
    CONSTRAINT number_digits CHECK (number ~ '^[0-9]+$' AND length(number) <= 15 OR number = '' AND kind = 'block'),
    CONSTRAINT lengths_of_block CHECK (
        CASE WHEN kind = 'block' THEN min IS NOT NULL AND max IS NOT NULL AND min >= greatest(length(number), 1) AND min <= max AND max <= 15
        ELSE min IS NULL AND max IS NULL END),
    CONSTRAINT ttl_range CHECK (ttl BETWEEN 0 AND 604800),
    CONSTRAINT order_range CHECK ("order" BETWEEN 0 AND 65535),
    CONSTRAINT preference_range CHECK (preference BETWEEN 0 AND 65535),
    CONSTRAINT type_of_kind CHECK (
        CASE WHEN kind = 'delegation' THEN type IN ('NS', 'DS', 'A', 'AAAA') ELSE type IN ('NAPTR', 'NONE') END),
    CONSTRAINT columns_of_type CHECK (
        CASE type WHEN 'NAPTR' THEN host IS NULL AND data IS NULL
        ELSE num_nulls("order", preference, flags, services, uri, regexp, replacement) = 7
            AND (data IS NULL) = (type = 'NONE') AND (host IS NOT NULL) = (type IN ('A', 'AAAA')) END),
    CONSTRAINT data_of_type CHECK (
        CASE type
        WHEN 'NS' THEN enumim.is_domain(data) AND data LIKE '%.'
        WHEN 'DS' THEN data ~ '^([0-5]?[0-9]{1,4}|6[0-4][0-9]{3}) (2[0-4][0-9]|1?[0-9]{1,2}) (2[0-4][0-9]|1?[0-9]{1,2}) ([0-9A-Fa-f]{2}){20,64}$'
        WHEN 'A' THEN data ~ '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(?!$)|$)){4}$'
        WHEN 'AAAA' THEN enumim.is_ipv6(data)
        ELSE true END),
    CONSTRAINT host_domain CHECK (host IS NULL OR enumim.is_domain(host)),
    CONSTRAINT one_target CHECK (type <> 'NAPTR' OR num_nonnulls(uri, regexp, replacement) = 1),
    CONSTRAINT flags_known CHECK (
        CASE WHEN replacement IS NULL THEN flags IN ('u', 'U') ELSE flags = '' END),
    CONSTRAINT services_grammar CHECK (services IS NULL OR enumim.is_services(services)),
    CONSTRAINT services_given CHECK (
        services IS NOT NULL OR uri IS NULL AND regexp IS NULL
        OR uri IS NOT NULL AND lower(split_part(uri, ':', 1)) IN ('acct', 'h323', 'iax', 'im', 'pres', 'sip', 'sips', 'xmpp')),
    CONSTRAINT uri_syntax CHECK (uri IS NULL OR enumim.is_uri(uri)),
    CONSTRAINT uri_length CHECK (length(replace(uri, '!', '%21')) <= 248),
    CONSTRAINT uri_services CHECK (services IS NULL OR uri IS NULL OR enumim.services_fit(services, lower(split_part(uri, ':', 1)))),
    CONSTRAINT regexp_syntax CHECK (regexp IS NULL OR enumim.is_regexp(regexp)),
    CONSTRAINT regexp_services CHECK (services IS NULL OR regexp IS NULL OR enumim.services_fit(services, enumim.regexp_scheme(regexp))),
    CONSTRAINT regexp_serves CHECK (
        CASE WHEN regexp IS NOT NULL AND enumim.is_regexp(regexp) THEN
            enumim.regexp_serves(regexp, rpad(number, greatest(coalesce(min, 0), length(number)), '0'), kind = 'block')
        ELSE true END),
    CONSTRAINT replacement_domain CHECK (replacement IS NULL OR enumim.is_domain(replacement) AND replacement <> '.')
);

-- A record stands there once. Look-ups use the first column.
CREATE UNIQUE INDEX record_once ON enumim.record (number, kind, (coalesce(min, 0)), (coalesce(max, 0)), (md5(
    type || ' ' || coalesce("order"::text, '') || ' ' || coalesce(preference::text, '') || ' ' || coalesce(flags, '') || ' '
    || coalesce(services, '') || ' ' || coalesce(uri, '') || ' ' || coalesce(regexp, '') || ' ' || coalesce(replacement, '') || ' '
    || coalesce(host, '') || ' ' || coalesce(data, ''))::uuid));
-- What decides about numbers that begin with it: a look-up probes it for each prefix.
CREATE INDEX record_cover ON enumim.record (number) WHERE kind <> 'number';
CREATE INDEX record_cut ON enumim.record (number) WHERE kind = 'delegation';
CREATE INDEX record_none ON enumim.record (number) WHERE type = 'NONE';

-- What changed: servers follow it. An entry without number says that everything may have.
CREATE TABLE enumim.change (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx     xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at     timestamptz NOT NULL DEFAULT now(),
    number text COLLATE "C",
    kind   text COLLATE "C",
    min    smallint,
    max    smallint
);
CREATE INDEX change_tx ON enumim.change (tx);

CREATE TABLE enumim.meta (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    format  integer NOT NULL,
    history uuid NOT NULL,
    pruned  xid8 NOT NULL DEFAULT '0', -- the last transaction whose notes were forgotten
    prunes  bigint NOT NULL DEFAULT 0  -- how often some were
);
INSERT INTO enumim.meta (format, history) VALUES (1, gen_random_uuid());

-- Notes what a statement changed, and wakes the servers that listen. More than ten thousand entries are noted as one.
CREATE FUNCTION enumim.note_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entries bigint := 10001;
BEGIN
    IF TG_RELID <> 'enumim.record'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this function is for the table record';
    END IF;
    IF TG_OP <> 'TRUNCATE' THEN
        SELECT count(*) INTO entries FROM (SELECT FROM touched LIMIT 10001) AS first;
    END IF;
    IF entries > 10000 THEN
        INSERT INTO enumim.change (number) VALUES (NULL);
    ELSIF entries = 0 THEN
        RETURN NULL;
    ELSE
        INSERT INTO enumim.change (number, kind, min, max) SELECT DISTINCT number, kind, min, max FROM touched;
        IF TG_OP = 'UPDATE' THEN
            INSERT INTO enumim.change (number, kind, min, max) SELECT number, kind, min, max FROM before
            EXCEPT SELECT number, kind, min, max FROM touched;
        END IF;
    END IF;
    PERFORM pg_notify(TG_TABLE_SCHEMA, '');
    RETURN NULL;
END $$;

-- The rules between rows. Whoever adds what can conflict waits for others who do: two entries with the TTL that is
-- not said, or two numbers, never do. Each statement sees what was committed before it, so that whoever waited sees
-- what he waited for: another isolation level would not.
CREATE FUNCTION enumim.check_entries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'enumim.record'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this function is for the table record';
    END IF;
    IF EXISTS (SELECT FROM touched WHERE kind <> 'number' OR type = 'NONE' OR ttl IS NOT NULL) THEN
        PERFORM pg_advisory_xact_lock(hashtext('enumim ' || TG_TABLE_SCHEMA));
    ELSIF EXISTS (SELECT FROM touched) THEN
        PERFORM pg_advisory_xact_lock_shared(hashtext('enumim ' || TG_TABLE_SCHEMA));
    ELSE
        RETURN NULL;
    END IF;
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE check_violation USING MESSAGE = 'rows are changed at the isolation level READ COMMITTED', CONSTRAINT = 'isolation';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT number, kind, min, max FROM touched) t
        JOIN enumim.record r ON r.number = t.number AND r.kind = t.kind AND r.min IS NOT DISTINCT FROM t.min AND r.max IS NOT DISTINCT FROM t.max
        GROUP BY r.number, r.kind, r.min, r.max HAVING count(*) > 1000
    ) THEN
        RAISE check_violation USING MESSAGE = 'an entry has up to 1000 rows', CONSTRAINT = 'entry_rows';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT number, kind, min, max FROM touched) t
        JOIN enumim.record r ON r.number = t.number AND r.kind = t.kind AND r.min IS NOT DISTINCT FROM t.min AND r.max IS NOT DISTINCT FROM t.max
        GROUP BY r.number, r.kind, r.min, r.max HAVING count(*) > 1 AND bool_or(r.type = 'NONE')
    ) THEN
        RAISE check_violation USING MESSAGE = 'an entry with a row of type NONE has no other rows', CONSTRAINT = 'none_alone';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT number, kind, min, max FROM touched) t
        JOIN enumim.record r ON r.number = t.number AND r.kind = t.kind AND r.min IS NOT DISTINCT FROM t.min AND r.max IS NOT DISTINCT FROM t.max
        GROUP BY r.number, r.kind, r.min, r.max, r.type, r.host HAVING min(coalesce(r.ttl, -1)) <> max(coalesce(r.ttl, -1))
    ) THEN
        RAISE check_violation USING MESSAGE = 'the records of one type of an entry have one TTL', CONSTRAINT = 'one_ttl';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT number, min, max FROM touched WHERE kind = 'block') t
        JOIN enumim.record r ON r.number = t.number AND r.kind = 'block'
        WHERE (r.min, r.max) <> (t.min, t.max) AND r.min <= t.max AND t.min <= r.max
    ) THEN
        RAISE exclusion_violation USING MESSAGE = 'blocks of the same digits have a length in common', CONSTRAINT = 'blocks_apart';
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT number FROM touched WHERE kind = 'delegation') t
        JOIN enumim.record r ON r.number >= t.number AND r.number < t.number || ':'
        WHERE r.kind <> 'delegation' OR r.number <> t.number
    ) OR EXISTS (SELECT FROM enumim.record WHERE kind = 'delegation') AND EXISTS (
        SELECT FROM (SELECT DISTINCT number, kind FROM touched) t, generate_series(1, length(t.number)) AS l (digits), enumim.record r
        WHERE r.number = left(t.number, l.digits) AND r.kind = 'delegation' AND (t.kind <> 'delegation' OR r.number <> t.number)
    ) THEN
        RAISE exclusion_violation USING MESSAGE = 'nothing stands at a delegation or below it', CONSTRAINT = 'delegation_alone';
    END IF;
    RETURN NULL;
END $$;

-- A delegation has name servers when the transaction ends.
CREATE FUNCTION enumim.check_servers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at text[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.number] WHEN 'DELETE' THEN ARRAY[OLD.number] ELSE ARRAY[OLD.number, NEW.number] END;
BEGIN
    IF TG_RELID <> 'enumim.record'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this function is for the table record';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('enumim ' || TG_TABLE_SCHEMA));
    IF EXISTS (
        SELECT FROM enumim.record WHERE number = ANY(at) AND kind = 'delegation' GROUP BY number HAVING NOT bool_or(type = 'NS')
    ) THEN
        RAISE check_violation USING MESSAGE = 'a delegation has a row of type NS', CONSTRAINT = 'delegation_servers';
    END IF;
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE check_violation USING MESSAGE = 'rows are changed at the isolation level READ COMMITTED', CONSTRAINT = 'isolation';
    END IF;
    RETURN NULL;
END $$;

-- They run with the rights of the owner, and are for the triggers below alone.
REVOKE EXECUTE ON FUNCTION enumim.note_change(), enumim.check_entries(), enumim.check_servers() FROM PUBLIC;

CREATE TRIGGER check_insert AFTER INSERT ON enumim.record
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION enumim.check_entries();
CREATE TRIGGER check_update AFTER UPDATE ON enumim.record
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION enumim.check_entries();
CREATE CONSTRAINT TRIGGER check_servers_insert AFTER INSERT ON enumim.record DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'delegation') EXECUTE FUNCTION enumim.check_servers();
CREATE CONSTRAINT TRIGGER check_servers_update AFTER UPDATE ON enumim.record DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 'delegation' OR OLD.kind = 'delegation') EXECUTE FUNCTION enumim.check_servers();
CREATE CONSTRAINT TRIGGER check_servers_delete AFTER DELETE ON enumim.record DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.kind = 'delegation') EXECUTE FUNCTION enumim.check_servers();
CREATE TRIGGER note_insert AFTER INSERT ON enumim.record
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION enumim.note_change();
CREATE TRIGGER note_update AFTER UPDATE ON enumim.record
    REFERENCING NEW TABLE AS touched OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION enumim.note_change();
CREATE TRIGGER note_delete AFTER DELETE ON enumim.record
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION enumim.note_change();
CREATE TRIGGER note_truncate AFTER TRUNCATE ON enumim.record
    FOR EACH STATEMENT EXECUTE FUNCTION enumim.note_change();

-- Forgets changes older than this, but the last; a server that was away for longer reads everything again. The
-- importer calls it; who changes rows with SQL calls it now and then.
CREATE FUNCTION enumim.prune(older interval DEFAULT '1 hour') RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        DELETE FROM enumim.change WHERE at < now() - older AND id < (SELECT max(id) FROM enumim.change) RETURNING tx
    ), noted AS (
        UPDATE enumim.meta SET prunes = prunes + 1, pruned = greatest(
            CASE WHEN pruned < pg_snapshot_xmax(pg_current_snapshot()) THEN pruned ELSE '0' END, -- else it is of where a dump was made
            (SELECT tx FROM gone WHERE tx < pg_snapshot_xmax(pg_current_snapshot()) ORDER BY tx DESC LIMIT 1)) WHERE EXISTS (SELECT FROM gone)
    )
    SELECT count(*) FROM gone
$$;

-- Says that the tree is complete, also when it is empty: what the importer ends with.
CREATE FUNCTION enumim.loaded() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO enumim.change (number) VALUES (NULL)
$$;
REVOKE EXECUTE ON FUNCTION enumim.prune(interval), enumim.loaded() FROM PUBLIC;

COMMIT;
