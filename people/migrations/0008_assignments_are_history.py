from django.db import migrations

from audit.triggers import SEARCH_PATH, held_to_moves, never_truncated

# The database does not know the organisation's zone: a day is over when it is over everywhere on earth, so that what the
# services allow is never refused here. A function of its own, owned by the owner of the tables.
EARLIEST_TODAY = f"""
CREATE FUNCTION public.people_earliest_today() RETURNS date LANGUAGE sql STABLE SET search_path = {SEARCH_PATH} AS $$
    SELECT (now() AT TIME ZONE 'Etc/GMT+12')::date
$$;
"""
KEEP_ASSIGNMENT = f"""
CREATE FUNCTION public.people_keep_assignment() RETURNS trigger LANGUAGE plpgsql SET search_path = {SEARCH_PATH} AS $$
DECLARE
    today date := public.people_earliest_today();
    free text[] := ARRAY['until_on'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.from_on < today THEN
            RAISE EXCEPTION 'DELETE on % refused: who held a role on a day stays', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    -- What waits for a second person, or is in effect unconfirmed, is decided; what was given by mistake goes on its first day.
    IF OLD.standing IN ('waiting', 'unconfirmed') AND NEW.standing IN ('effective', 'refused', 'cancelled')
        OR OLD.standing = 'effective' AND NEW.standing = 'cancelled' AND OLD.from_on >= today
    THEN
        free := free || ARRAY['standing'];
    END IF;
    IF OLD.standing = 'waiting' AND NEW.from_on > OLD.from_on THEN
        free := free || ARRAY['from_on'];
    END IF;
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'UPDATE on % refused: who held which role since when stays', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.until_on IS DISTINCT FROM NEW.until_on AND (OLD.until_on < today - 1 OR NEW.until_on < today - 1) THEN
        RAISE EXCEPTION 'UPDATE on % refused: the past cannot be changed', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER people_roleassignment_kept BEFORE UPDATE OR DELETE ON public.people_roleassignment
    FOR EACH ROW EXECUTE FUNCTION public.people_keep_assignment();
"""
CLOSING = ["closed_at", "closed_by_id", "closing_reason"]


class Migration(migrations.Migration):
    """Who held a role on a day decided what she could sign on that day: it is not rewritten afterwards."""

    dependencies = [("people", "0007_confirmations"), ("audit", "0003_moves_and_moments")]
    operations = [
        migrations.RunSQL(EARLIEST_TODAY, "DROP FUNCTION public.people_earliest_today();"),
        migrations.RunSQL(
            KEEP_ASSIGNMENT,
            """
            DROP TRIGGER people_roleassignment_kept ON public.people_roleassignment;
            DROP FUNCTION public.people_keep_assignment();
            """,
        ),
        never_truncated("people_roleassignment"),
        held_to_moves("people_confirmation", {"waiting": {"confirmed": CLOSING, "refused": CLOSING, "withdrawn": CLOSING}}),
        never_truncated("people_confirmation"),
    ]
