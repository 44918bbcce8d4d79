from django.db import migrations

# `audit/names.py` says the same in Python. Names in the catalogue are written out, so that no search_path changes them.
FUNCTIONS = r"""
CREATE FUNCTION plain_name(said text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF pg_catalog.octet_length(said) <> pg_catalog.length(said) THEN
        said := pg_catalog.translate(
            pg_catalog.normalize(said, 'NFC'),
            U&'\2010\2011\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000\00AD\034F\180E\200B\2060\FEFF',
            '--                ');
    END IF;
    -- The end of a line inside is kept: names with one are refused, not mended.
    RETURN pg_catalog.btrim(
        pg_catalog.regexp_replace(said, '[ \t\x1f]+', ' ', 'g'),
        U&' \000A\000B\000C\000D\001C\001D\001E\0085\2028\2029'
    );
END $$;

CREATE FUNCTION name_key(said text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF pg_catalog.octet_length(said) = pg_catalog.length(said) THEN
        RETURN pg_catalog.lower(said);
    END IF;
    RETURN pg_catalog.lower(pg_catalog.translate(
        pg_catalog.normalize(said, 'NFC'),
        U&'\2010\2011\2012\2013\2014\2212\FE63\FF0D\2018\2019\02BC\00A0\202F\00AD\034F\180E\200B\200C\200D\200E\200F\2060\FEFF\FE0E\FE0F',
        '--------''''''  '));
END $$;

CREATE FUNCTION search_fold(said text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF pg_catalog.octet_length(said) = pg_catalog.length(said) THEN
        RETURN pg_catalog.lower(pg_catalog.translate(said, '`', ''''));
    END IF;
    said := pg_catalog.translate(said, '’‘‚‛ʼ´`′＇“”„‟″', pg_catalog.repeat('''', 9) || pg_catalog.repeat('"', 5));
    said := pg_catalog.regexp_replace(pg_catalog.normalize(said, 'NFKD'), U&'[\0300-\036F]', '', 'g');
    said := pg_catalog.translate(pg_catalog.lower(said), 'øłđðıŧħςØŁĐÐŦĦ–—‐‑‒−', 'olddithσolddth------');
    said := pg_catalog.replace(pg_catalog.replace(said, 'ß', 'ss'), 'ẞ', 'ss');
    RETURN pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(said, 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
END $$;
"""
GONE = "DROP FUNCTION plain_name(text); DROP FUNCTION name_key(text); DROP FUNCTION search_fold(text);"


class Migration(migrations.Migration):
    """Names that look the same are the same, and a search finds a name in another spelling."""

    dependencies = [("audit", "0003_moves_and_moments")]
    operations = [migrations.RunSQL(FUNCTIONS, GONE)]
