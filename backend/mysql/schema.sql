-- The numbers of enumim in MariaDB 10.6 or MySQL 8.0.21, or newer. A data base has one tree; another data base has another.
-- docs/mysql.md describes it. No pattern has a backslash, since sql_mode says what it means.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'; -- only InnoDB has transactions

-- One row is one record; the rows of one entry have kind, number, min and max in common. The columns are those of
-- docs/convert.md, beside which are parts of the expression, for its rules. The constraints refuse more than the
-- server does: what is refused here for no reason of the standards is refused since it is seldom meant, and each is a
-- line that can be taken away.
CREATE TABLE record (
    `id`          bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `kind`        varchar(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'number',
    `number`      varchar(15) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    `min`         smallint,
    `max`         smallint,
    `ttl`         integer,
    `type`        varchar(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'NAPTR',
    `order`       integer,
    `preference`  integer,
    `flags`       varchar(1) CHARACTER SET ascii COLLATE ascii_bin,
    `services`    varchar(255) CHARACTER SET ascii COLLATE ascii_bin,
    `uri`         varchar(255) CHARACTER SET ascii COLLATE ascii_bin,
    `regexp`      varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    `replacement` varchar(254) CHARACTER SET ascii COLLATE ascii_bin,
    `host`        varchar(254) CHARACTER SET ascii COLLATE ascii_bin,
    `data`        varchar(255) CHARACTER SET ascii COLLATE ascii_bin,
    `pattern`     varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin GENERATED ALWAYS AS
        (SUBSTRING_INDEX(SUBSTRING_INDEX(`regexp`, LEFT(`regexp`, 1), 2), LEFT(`regexp`, 1), -1)) VIRTUAL,
    -- pattern with ~ < > @ % & for a backslash, brackets, a circumflex and braces, which mean something in patterns
    `shape`       varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin GENERATED ALWAYS AS
        (REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(SUBSTRING_INDEX(SUBSTRING_INDEX(`regexp`, LEFT(`regexp`, 1), 2), LEFT(`regexp`, 1), -1),
            CHAR(92 USING utf8mb4), '~'), '[', '<'), ']', '>'), '^', '@'), '{', '%'), '}', '&')) VIRTUAL,
    -- the URI, with 1 for each reference and < > for brackets
    `target`      varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin GENERATED ALWAYS AS
        (REPLACE(REPLACE(REGEXP_REPLACE(SUBSTRING_INDEX(SUBSTRING_INDEX(`regexp`, LEFT(`regexp`, 1), 3), LEFT(`regexp`, 1), -1),
            CONCAT(CHAR(92, 92 USING utf8mb4), '[1-9]'), '1'), '[', '<'), ']', '>')) VIRTUAL,
    `address`     varchar(255) CHARACTER SET ascii COLLATE ascii_bin GENERATED ALWAYS AS (REPLACE(REPLACE(`uri`, '[', '<'), ']', '>')) VIRTUAL,
    -- a record stands there once
    `digest`      binary(16) GENERATED ALWAYS AS (UNHEX(MD5(CONCAT(`kind`, ' ', COALESCE(`min`, 0), ' ', COALESCE(`max`, 0), ' ',
        `type`, ' ', COALESCE(`order`, ''), ' ', COALESCE(`preference`, ''), ' ', COALESCE(`flags`, ''), ' ', COALESCE(`services`, ''), ' ',
        COALESCE(`uri`, ''), ' ', COALESCE(`regexp`, ''), ' ', COALESCE(`replacement`, ''), ' ', COALESCE(`host`, ''), ' ', COALESCE(`data`, ''))))) STORED,

    UNIQUE KEY record_once (`number`, `digest`), -- look-ups use its first column
    KEY record_kind (`kind`, `number`),
    CONSTRAINT kind_known CHECK (`kind` IN ('number', 'block', 'delegation')),
    CONSTRAINT number_digits CHECK (`number` NOT REGEXP '[^0-9]' AND (`number` <> '' OR `kind` = 'block')),
    CONSTRAINT lengths_of_block CHECK (
        CASE WHEN `kind` = 'block' THEN `min` IS NOT NULL AND `max` IS NOT NULL AND `min` >= GREATEST(LENGTH(`number`), 1) AND `min` <= `max` AND `max` <= 15
        ELSE `min` IS NULL AND `max` IS NULL END),
    CONSTRAINT ttl_range CHECK (`ttl` BETWEEN 0 AND 604800),
    CONSTRAINT order_range CHECK (`order` BETWEEN 0 AND 65535),
    CONSTRAINT preference_range CHECK (`preference` BETWEEN 0 AND 65535),
    CONSTRAINT type_of_kind CHECK (
        CASE WHEN `kind` = 'delegation' THEN `type` IN ('NS', 'DS', 'A', 'AAAA') ELSE `type` IN ('NAPTR', 'NONE') END),
    CONSTRAINT columns_of_type CHECK (
        CASE `type` WHEN 'NAPTR' THEN `host` IS NULL AND `data` IS NULL
        ELSE COALESCE(`order`, `preference`, `flags`, `services`, `uri`, `regexp`, `replacement`) IS NULL
            AND (`data` IS NULL) = (`type` = 'NONE') AND (`host` IS NOT NULL) = (`type` IN ('A', 'AAAA')) END),
    CONSTRAINT data_of_type CHECK (
        CASE `type`
        WHEN 'NS' THEN `data` REGEXP '^([A-Za-z0-9_-]{1,63}[.])*[A-Za-z0-9_-]{1,63}[.]?$' AND `data` LIKE '%.'
        WHEN 'DS' THEN `data` REGEXP '^([0-5]?[0-9]{1,4}|6[0-4][0-9]{3}) (2[0-4][0-9]|1?[0-9]{1,2}) (2[0-4][0-9]|1?[0-9]{1,2}) ([0-9A-Fa-f]{2}){20,64}$'
        WHEN 'A' THEN `data` REGEXP '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$'
        WHEN 'AAAA' THEN IS_IPV6(`data`)
        ELSE true END),
    CONSTRAINT host_domain CHECK (`host` REGEXP '^([A-Za-z0-9_-]{1,63}[.])*[A-Za-z0-9_-]{1,63}[.]?$'),
    CONSTRAINT one_target CHECK (`type` <> 'NAPTR' OR (`uri` IS NOT NULL) + (`regexp` IS NOT NULL) + (`replacement` IS NOT NULL) = 1),
    CONSTRAINT flags_known CHECK (
        CASE WHEN `replacement` IS NULL THEN `flags` IN ('u', 'U') ELSE `flags` = '' END),
    CONSTRAINT services_grammar CHECK (
        `services` REGEXP '^[Ee]2[Uu]([+][A-Za-z0-9-]{1,32}(:[A-Za-z0-9-]{1,32})*)+$' AND `services` NOT REGEXP '(?i)[+]e2u|[+]im:'),
    CONSTRAINT services_given CHECK (
        `services` IS NOT NULL OR `uri` IS NULL AND `regexp` IS NULL OR COALESCE(`uri` REGEXP '(?i)^(acct|h323|iax|im|pres|sips?|xmpp):', false)),
    CONSTRAINT uri_characters CHECK (`address` REGEXP '^[A-Za-z][A-Za-z0-9+.-]*:([!$&''()*+,./0-9:;<=>?@A-Z_a-z~-]|%([2-6][0-9A-Fa-f]|7[0-9A-Ea-e]|[89A-Fa-f][0-9A-Fa-f]))+$' AND `uri` NOT REGEXP '[<>]' AND (LOCATE('<', `address`) = 0 OR IS_IPV6(SUBSTRING_INDEX(SUBSTRING_INDEX(`address`, '>', 1), '<', -1)))),
    CONSTRAINT uri_syntax CHECK (
        CASE
            WHEN `address` REGEXP '(?i)^(im|pres):' THEN `address` REGEXP '(?i)^(im|pres):[a-z0-9!$&''*+=_~-]+([.][a-z0-9!$&''*+=_~-]+)*@(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)([?][a-z0-9-]+=[a-z0-9._~%-]+(&[a-z0-9-]+=[a-z0-9._~%-]+)*)?$'
            WHEN `address` REGEXP '(?i)^(sips?):' THEN `address` REGEXP '(?i)^sips?:([a-z0-9_.!~*''()&=+$,;%-]+(:[a-z0-9_.!~*''()&=+$,%-]*)?@)?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?|<[0-9a-f:.]+>)(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?(;[a-z0-9._~!*''()%+-]+(=[a-z0-9._~!*''()%+:-]+)?)*([?][a-z0-9._~%-]+=[a-z0-9._~%+:-]*(&[a-z0-9._~%-]+=[a-z0-9._~%+:-]*)*)?$'
            WHEN `address` REGEXP '(?i)^(tel):' THEN `address` REGEXP '(?i)^tel:[+][0-9().-]*[0-9][().-]*(;[a-z0-9-]+(=[a-z0-9._~!*''()%+:-]+)?)*$'
            WHEN `address` REGEXP '(?i)^(mailto):' THEN `address` REGEXP '(?i)^mailto:[a-z0-9!$&''*+=_~.%-]+@(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)([?][a-z0-9._~%=&+-]*)?$'
            WHEN `address` REGEXP '(?i)^(acct):' THEN `address` REGEXP '(?i)^acct:[a-z0-9!$&''*+=_~.%-]+@(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)$'
            WHEN `address` REGEXP '(?i)^(xmpp):' THEN `address` REGEXP '(?i)^xmpp:([a-z0-9!$&''*+=_~.%-]+@)?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)(/[a-z0-9._~%-]+)?([?][a-z0-9._~%=;&+-]*)?$'
            WHEN `address` REGEXP '(?i)^(https?|ftp):' THEN `address` REGEXP '(?i)^(https?|ftp)://([a-z0-9_.!~*''()&=+$,;:%-]+@)?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?|<[0-9a-f:.]+>)(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?([/?].*)?$'
            WHEN `address` REGEXP '(?i)^(h323|iax):' THEN `address` REGEXP '(?i)^(h323|iax):[a-z0-9_.!~*''()&=+$,%-]+@(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)$'
            WHEN `address` REGEXP '(?i)^(ldap):' THEN `address` REGEXP '(?i)^ldap://([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?([/?].*)?$'
            ELSE `address` NOT REGEXP '(?i)^(javascript|vbscript|file):' END),
    CONSTRAINT uri_length CHECK (LENGTH(REPLACE(`uri`, '!', '%21')) <= 248),
    CONSTRAINT uri_services CHECK (`uri` IS NULL OR
        (`services` NOT REGEXP '(?i)[+]h323([+]|$)' OR `uri` REGEXP '(?i)^(h323):') AND
        (`services` NOT REGEXP '(?i)[+]iax([+]|$)' OR `uri` REGEXP '(?i)^(iax):') AND
        (`services` NOT REGEXP '(?i)[+]im([+]|$)' OR `uri` REGEXP '(?i)^(im):') AND
        (`services` NOT REGEXP '(?i)[+]pres([+]|$)' OR `uri` REGEXP '(?i)^(pres):') AND
        (`services` NOT REGEXP '(?i)[+]xmpp([+]|$)' OR `uri` REGEXP '(?i)^(xmpp):') AND
        (`services` NOT REGEXP '(?i)[+]acct([+]|$)' OR `uri` REGEXP '(?i)^(acct):') AND
        (`services` NOT REGEXP '(?i)[+]sip([+]|$)' OR `uri` REGEXP '(?i)^(sips?):') AND
        (`services` NOT REGEXP '(?i)[+]vcard([+]|$)' OR `uri` REGEXP '(?i)^(https?):') AND
        (`services` NOT REGEXP '(?i)[+](email|ical-sched|vpim|ifax|mms|ems|sms):mailto([+]|$)' OR `uri` REGEXP '(?i)^(mailto):') AND
        (`services` NOT REGEXP '(?i)[+](ems|fax|mms|pstn|sms|voice|voicemsg):tel([+]|$)' OR `uri` REGEXP '(?i)^(tel):') AND
        (`services` NOT REGEXP '(?i)[+]ft:ftp([+]|$)' OR `uri` REGEXP '(?i)^(ftp):') AND
        (`services` NOT REGEXP '(?i)[+](ical-access|unifmsg|videomsg|voicemsg|web):http([+]|$)' OR `uri` REGEXP '(?i)^(http):') AND
        (`services` NOT REGEXP '(?i)[+](ical-access|unifmsg|videomsg|voicemsg|web):https([+]|$)' OR `uri` REGEXP '(?i)^(https):') AND
        (`services` NOT REGEXP '(?i)[+](pstn|unifmsg|videomsg|voicemsg):sip([+]|$)' OR `uri` REGEXP '(?i)^(sip):') AND
        (`services` NOT REGEXP '(?i)[+](unifmsg|videomsg|voicemsg):sips([+]|$)' OR `uri` REGEXP '(?i)^(sips):') AND
        (`services` NOT REGEXP '(?i)[+]vpim:ldap([+]|$)' OR `uri` REGEXP '(?i)^(ldap):')),
    CONSTRAINT regexp_delimiters CHECK (
        LEFT(`regexp`, 1) REGEXP '^[!#%&,/:;=@_~"''`-]$' AND LENGTH(`regexp`) <= 255 AND `regexp` NOT REGEXP '[<>]'
        AND CHAR_LENGTH(`regexp`) - CHAR_LENGTH(REPLACE(`regexp`, LEFT(`regexp`, 1), '')) = 3
        AND SUBSTRING_INDEX(`regexp`, LEFT(`regexp`, 1), -1) IN ('', 'i')),
    CONSTRAINT regexp_pattern CHECK (
        `pattern` NOT REGEXP '[~@%&]'
        AND `shape` REGEXP '^@?(([0-9.]|~[+]|<@?([0-9+]|[0-9]-[0-9])+>|[()|])([*+?]|%[0-9]{1,2}(,[0-9]{0,2})?&)?)+[$]?$'
        AND `shape` NOT REGEXP '[(|][*+?%|)]|^@?[*+?%|]|[|][$]?$'
        AND LENGTH(`pattern`) - LENGTH(REPLACE(`pattern`, '(', '')) <= 9),
    CONSTRAINT regexp_references CHECK (
        LENGTH(`pattern`) - LENGTH(REPLACE(`pattern`, '(', '')) >= CASE
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '9%') ESCAPE '|' THEN 9
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '8%') ESCAPE '|' THEN 8
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '7%') ESCAPE '|' THEN 7
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '6%') ESCAPE '|' THEN 6
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '5%') ESCAPE '|' THEN 5
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '4%') ESCAPE '|' THEN 4
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '3%') ESCAPE '|' THEN 3
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '2%') ESCAPE '|' THEN 2
            WHEN `regexp` LIKE CONCAT('%', CHAR(92 USING utf8mb4), '1%') ESCAPE '|' THEN 1
            ELSE 0 END),
    CONSTRAINT regexp_characters CHECK (`target` REGEXP '^[A-Za-z][A-Za-z0-9+.-]*:([!$&''()*+,./0-9:;<=>?@A-Z_a-z~-]|%([2-6][0-9A-Fa-f]|7[0-9A-Ea-e]|[89A-Fa-f][0-9A-Fa-f]))+$' AND (LOCATE('<', `target`) = 0 OR IS_IPV6(SUBSTRING_INDEX(SUBSTRING_INDEX(`target`, '>', 1), '<', -1)))),
    CONSTRAINT regexp_syntax CHECK (
        CASE
            WHEN `target` REGEXP '(?i)^(im|pres):' THEN `target` REGEXP '(?i)^(im|pres):[a-z0-9!$&''*+=_~-]+([.][a-z0-9!$&''*+=_~-]+)*@(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)([?][a-z0-9-]+=[a-z0-9._~%-]+(&[a-z0-9-]+=[a-z0-9._~%-]+)*)?$'
            WHEN `target` REGEXP '(?i)^(sips?):' THEN `target` REGEXP '(?i)^sips?:([a-z0-9_.!~*''()&=+$,;%-]+(:[a-z0-9_.!~*''()&=+$,%-]*)?@)?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?|<[0-9a-f:.]+>)(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?(;[a-z0-9._~!*''()%+-]+(=[a-z0-9._~!*''()%+:-]+)?)*([?][a-z0-9._~%-]+=[a-z0-9._~%+:-]*(&[a-z0-9._~%-]+=[a-z0-9._~%+:-]*)*)?$'
            WHEN `target` REGEXP '(?i)^(tel):' THEN `target` REGEXP '(?i)^tel:[+][0-9().-]*[0-9][().-]*(;[a-z0-9-]+(=[a-z0-9._~!*''()%+:-]+)?)*$'
            WHEN `target` REGEXP '(?i)^(mailto):' THEN `target` REGEXP '(?i)^mailto:[a-z0-9!$&''*+=_~.%-]+@(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)([?][a-z0-9._~%=&+-]*)?$'
            WHEN `target` REGEXP '(?i)^(acct):' THEN `target` REGEXP '(?i)^acct:[a-z0-9!$&''*+=_~.%-]+@(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)$'
            WHEN `target` REGEXP '(?i)^(xmpp):' THEN `target` REGEXP '(?i)^xmpp:([a-z0-9!$&''*+=_~.%-]+@)?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)(/[a-z0-9._~%-]+)?([?][a-z0-9._~%=;&+-]*)?$'
            WHEN `target` REGEXP '(?i)^(https?|ftp):' THEN `target` REGEXP '(?i)^(https?|ftp)://([a-z0-9_.!~*''()&=+$,;:%-]+@)?(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?|<[0-9a-f:.]+>)(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?([/?].*)?$'
            WHEN `target` REGEXP '(?i)^(h323|iax):' THEN `target` REGEXP '(?i)^(h323|iax):[a-z0-9_.!~*''()&=+$,%-]+@(((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?)$'
            WHEN `target` REGEXP '(?i)^(ldap):' THEN `target` REGEXP '(?i)^ldap://([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?[.])*[a-z]([a-z0-9-]{0,61}[a-z0-9])?[.]?([/?].*)?$'
            ELSE `target` NOT REGEXP '(?i)^(javascript|vbscript|file):' END),
    CONSTRAINT regexp_services CHECK (`regexp` IS NULL OR
        (`services` NOT REGEXP '(?i)[+]h323([+]|$)' OR `target` REGEXP '(?i)^(h323):') AND
        (`services` NOT REGEXP '(?i)[+]iax([+]|$)' OR `target` REGEXP '(?i)^(iax):') AND
        (`services` NOT REGEXP '(?i)[+]im([+]|$)' OR `target` REGEXP '(?i)^(im):') AND
        (`services` NOT REGEXP '(?i)[+]pres([+]|$)' OR `target` REGEXP '(?i)^(pres):') AND
        (`services` NOT REGEXP '(?i)[+]xmpp([+]|$)' OR `target` REGEXP '(?i)^(xmpp):') AND
        (`services` NOT REGEXP '(?i)[+]acct([+]|$)' OR `target` REGEXP '(?i)^(acct):') AND
        (`services` NOT REGEXP '(?i)[+]sip([+]|$)' OR `target` REGEXP '(?i)^(sips?):') AND
        (`services` NOT REGEXP '(?i)[+]vcard([+]|$)' OR `target` REGEXP '(?i)^(https?):') AND
        (`services` NOT REGEXP '(?i)[+](email|ical-sched|vpim|ifax|mms|ems|sms):mailto([+]|$)' OR `target` REGEXP '(?i)^(mailto):') AND
        (`services` NOT REGEXP '(?i)[+](ems|fax|mms|pstn|sms|voice|voicemsg):tel([+]|$)' OR `target` REGEXP '(?i)^(tel):') AND
        (`services` NOT REGEXP '(?i)[+]ft:ftp([+]|$)' OR `target` REGEXP '(?i)^(ftp):') AND
        (`services` NOT REGEXP '(?i)[+](ical-access|unifmsg|videomsg|voicemsg|web):http([+]|$)' OR `target` REGEXP '(?i)^(http):') AND
        (`services` NOT REGEXP '(?i)[+](ical-access|unifmsg|videomsg|voicemsg|web):https([+]|$)' OR `target` REGEXP '(?i)^(https):') AND
        (`services` NOT REGEXP '(?i)[+](pstn|unifmsg|videomsg|voicemsg):sip([+]|$)' OR `target` REGEXP '(?i)^(sip):') AND
        (`services` NOT REGEXP '(?i)[+](unifmsg|videomsg|voicemsg):sips([+]|$)' OR `target` REGEXP '(?i)^(sips):') AND
        (`services` NOT REGEXP '(?i)[+]vpim:ldap([+]|$)' OR `target` REGEXP '(?i)^(ldap):')),
    CONSTRAINT regexp_serves CHECK (
        `regexp` IS NULL OR COALESCE(`number` REGEXP `pattern` OR CONCAT('+', `number`) REGEXP `pattern` OR `kind` = 'block' AND ('' REGEXP `pattern`) IS NOT NULL, false)),
    -- the end of a pattern is found before a newline, too
    CONSTRAINT one_line CHECK (LOCATE(CHAR(10 USING utf8mb4), CONCAT_WS('', `services`, `uri`, `regexp`, `replacement`, `host`, `data`)) = 0),
    CONSTRAINT replacement_domain CHECK (`replacement` REGEXP '^([A-Za-z0-9_-]{1,63}[.])*[A-Za-z0-9_-]{1,63}[.]?$' AND `replacement` <> '.')
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

-- What changed: servers follow it. A row without number says that everything may have. Whoever writes to it holds the row of
-- record_meta until his transaction ends, so that ids are in the order of commits.
CREATE TABLE record_change (
    `id`     bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `at`     datetime(6) NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    `number` varchar(15) CHARACTER SET ascii COLLATE ascii_bin,
    `kind`   varchar(10) CHARACTER SET ascii COLLATE ascii_bin,
    `min`    smallint,
    `max`    smallint,
    KEY record_change_at (`at`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

-- It has no rows, and refers to the others: TRUNCATE, which no trigger sees, is refused.
CREATE TABLE record_guard (
    `id` bigint NOT NULL PRIMARY KEY,
    CONSTRAINT not_truncated FOREIGN KEY (`id`) REFERENCES record (`id`)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE record_meta (
    `single`  tinyint NOT NULL PRIMARY KEY DEFAULT 1 CHECK (`single` = 1),
    `format`  integer NOT NULL,
    `history` varchar(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    `pruned`  bigint NOT NULL DEFAULT 0 -- the last change that was forgotten
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
INSERT INTO record_meta (`single`, `format`, `history`) VALUES (1, 1, UUID());

DELIMITER //

-- The rules between rows. Within a transaction nobody counts rows anew, so that indexes are not left to choice. Reading with a lock sees what others have committed, for whom the row of record_meta was
-- waited for.
CREATE PROCEDURE record_rules(IN new_number varchar(15) CHARACTER SET ascii COLLATE ascii_bin, IN new_kind varchar(10) CHARACTER SET ascii COLLATE ascii_bin,
    IN new_min smallint, IN new_max smallint, IN new_ttl integer, IN new_type varchar(5) CHARACTER SET ascii COLLATE ascii_bin,
    IN new_host varchar(254) CHARACTER SET ascii COLLATE ascii_bin)
READS SQL DATA
BEGIN
    DECLARE entry_rows, nones, ttls, others integer;
    SELECT COUNT(*), SUM(r.`type` = 'NONE'), SUM(r.`type` = new_type AND r.`host` <=> new_host AND NOT r.`ttl` <=> new_ttl)
        INTO entry_rows, nones, ttls FROM record r FORCE INDEX (record_once)
        WHERE r.`number` = new_number AND r.`kind` = new_kind AND r.`min` <=> new_min AND r.`max` <=> new_max LOCK IN SHARE MODE;
    IF entry_rows > 1000 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'entry_rows: an entry has up to 1000 rows';
    ELSEIF entry_rows > 1 AND nones > 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'none_alone: an entry with a row of type NONE has no other rows';
    ELSEIF ttls > 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'one_ttl: the records of one type of an entry have one TTL';
    END IF;
    IF new_kind = 'block' THEN
        SELECT COUNT(*) INTO others FROM record r FORCE INDEX (record_once)
            WHERE r.`number` = new_number AND r.`kind` = 'block' AND NOT (r.`min` = new_min AND r.`max` = new_max) AND r.`min` <= new_max AND new_min <= r.`max`
            LOCK IN SHARE MODE;
        IF others > 0 THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'blocks_apart: blocks of the same digits have a length in common';
        END IF;
    END IF;
    IF new_kind = 'delegation' THEN
        SELECT COUNT(*) INTO others FROM record r FORCE INDEX (record_once)
            WHERE r.`number` >= new_number AND r.`number` < CONCAT(new_number, ':') AND NOT (r.`kind` = 'delegation' AND r.`number` = new_number)
            LOCK IN SHARE MODE;
        IF others > 0 THEN
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'delegation_alone: nothing stands at a delegation or below it';
        END IF;
    END IF;
    SELECT COUNT(*) INTO others FROM record r FORCE INDEX (record_kind)
        WHERE r.`kind` = 'delegation' AND r.`number` IN (LEFT(new_number, 1), LEFT(new_number, 2), LEFT(new_number, 3), LEFT(new_number, 4), LEFT(new_number, 5),
            LEFT(new_number, 6), LEFT(new_number, 7), LEFT(new_number, 8), LEFT(new_number, 9), LEFT(new_number, 10), LEFT(new_number, 11),
            LEFT(new_number, 12), LEFT(new_number, 13), LEFT(new_number, 14), new_number) AND NOT (new_kind = 'delegation' AND r.`number` = new_number)
        LOCK IN SHARE MODE;
    IF others > 0 THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'delegation_alone: nothing stands at a delegation or below it';
    END IF;
END //

-- Has one transaction after the other change rows.
CREATE PROCEDURE record_turn()
MODIFIES SQL DATA
BEGIN
    DECLARE known integer;
    SELECT `format` INTO known FROM record_meta WHERE `single` = 1 FOR UPDATE;
    IF known IS NULL THEN
        SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no_meta: record_meta has no row, make the schema anew';
    END IF;
END //

CREATE TRIGGER record_insert_turn BEFORE INSERT ON record FOR EACH ROW CALL record_turn() //
CREATE TRIGGER record_update_turn BEFORE UPDATE ON record FOR EACH ROW CALL record_turn() //
CREATE TRIGGER record_delete_turn BEFORE DELETE ON record FOR EACH ROW CALL record_turn() //

CREATE TRIGGER record_insert AFTER INSERT ON record FOR EACH ROW
BEGIN
    CALL record_rules(NEW.`number`, NEW.`kind`, NEW.`min`, NEW.`max`, NEW.`ttl`, NEW.`type`, NEW.`host`);
    INSERT INTO record_change (`number`, `kind`, `min`, `max`) VALUES (NEW.`number`, NEW.`kind`, NEW.`min`, NEW.`max`);
END //

CREATE TRIGGER record_update AFTER UPDATE ON record FOR EACH ROW
BEGIN
    CALL record_rules(NEW.`number`, NEW.`kind`, NEW.`min`, NEW.`max`, NEW.`ttl`, NEW.`type`, NEW.`host`);
    INSERT INTO record_change (`number`, `kind`, `min`, `max`) VALUES (NEW.`number`, NEW.`kind`, NEW.`min`, NEW.`max`);
    IF NOT (OLD.`number` = NEW.`number` AND OLD.`kind` = NEW.`kind` AND OLD.`min` <=> NEW.`min` AND OLD.`max` <=> NEW.`max`) THEN
        INSERT INTO record_change (`number`, `kind`, `min`, `max`) VALUES (OLD.`number`, OLD.`kind`, OLD.`min`, OLD.`max`);
    END IF;
END //

CREATE TRIGGER record_delete AFTER DELETE ON record FOR EACH ROW
    INSERT INTO record_change (`number`, `kind`, `min`, `max`) VALUES (OLD.`number`, OLD.`kind`, OLD.`min`, OLD.`max`) //

-- Forgets changes that are older than so many seconds, but the last; a server that was away for longer reads everything
-- again. The importer calls it; who changes rows with SQL calls it now and then.
CREATE PROCEDURE record_prune(IN seconds integer)
MODIFIES SQL DATA
BEGIN
    DECLARE newest, gone bigint;
    CALL record_turn();
    SELECT MAX(`id`) INTO newest FROM record_change;
    SELECT MAX(`id`) INTO gone FROM record_change WHERE `at` < UTC_TIMESTAMP(6) - INTERVAL seconds SECOND AND `id` < newest;
    IF gone IS NOT NULL THEN
        DELETE FROM record_change WHERE `id` <= gone;
        UPDATE record_meta SET `pruned` = gone;
    END IF;
END //

-- Says that the tree is complete, also when it is empty: what the importer ends with.
CREATE PROCEDURE record_loaded()
MODIFIES SQL DATA
BEGIN
    CALL record_turn();
    INSERT INTO record_change (`number`) SELECT NULL FROM record_meta WHERE NOT EXISTS (SELECT 1 FROM record_change);
END //

DELIMITER ;
