from django.db import migrations

from audit.triggers import SEARCH_PATH, held_to_moves

# As it was, with its tables named in full.
KEEP = f"""
CREATE OR REPLACE FUNCTION public.workloads_keep_tier() RETURNS trigger LANGUAGE plpgsql SET search_path = {SEARCH_PATH} AS $$
BEGIN
    UPDATE public.workloads_workload w SET tier_now = kept.tier, review_on = kept.review_on, state_now = kept.state,
        open_now = kept.open, rto_now = kept.rto, rpo_now = kept.rpo
    FROM (
        SELECT touched.workload_id, now.tier_id AS tier, now.review_on, now.rto_seconds AS rto, now.rpo_seconds AS rpo,
            COALESCE(now.open, '') AS open,
            COALESCE(now.state, CASE WHEN newest.state = 'rejected' THEN 'rejected' END, 'none') AS state
        FROM (SELECT DISTINCT workload_id FROM written) touched
        LEFT JOIN LATERAL (
            SELECT c.tier_id, c.state, c.rto_seconds, c.rpo_seconds,
                CASE WHEN c.state = 'signed_off' THEN c.review_due_on END AS review_on,
                max(c.state) FILTER (WHERE c.state <> 'signed_off') OVER () AS open
            FROM public.workloads_classification c
            WHERE c.workload_id = touched.workload_id AND c.state IN ('signed_off', 'in_review', 'proposed')
            ORDER BY c.state <> 'signed_off' LIMIT 1) now ON true
        LEFT JOIN LATERAL (
            SELECT c.state FROM public.workloads_classification c
            WHERE c.workload_id = touched.workload_id AND now.state IS NULL
            ORDER BY c.proposed_at DESC, c.id DESC LIMIT 1) newest ON true
    ) kept
    WHERE w.id = kept.workload_id
      AND (w.tier_now, w.review_on, w.state_now, w.open_now, w.rto_now, w.rpo_now)
        IS DISTINCT FROM (kept.tier, kept.review_on, kept.state, kept.open, kept.rto, kept.rpo);
    RETURN NULL;
END $$;
"""
CLOSING = ["closed_at", "closed_by_id"]


class Migration(migrations.Migration):
    """Targets and waivers move only as their models say; no temporary table fools a trigger."""

    dependencies = [("workloads", "0031_search_in_another_spelling"), ("audit", "0003_moves_and_moments")]
    operations = [
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        held_to_moves(
            "workloads_classification",
            {
                # A draft is its proposer's; from the moment it is sent all columns stay but those named.
                "proposed": {"proposed": ["*"], "in_review": ["*"], "withdrawn": CLOSING},
                "in_review": {
                    "proposed": ["request_id"],
                    "signed_off": ["signed_off_at", "signed_off_by_id", "review_due_on"],
                    "rejected": CLOSING,
                    "withdrawn": CLOSING,
                },
                "signed_off": {
                    "signed_off": ["review_due_on", "review_reasons", "reviewed_findings"],
                    "superseded": CLOSING,
                },
            },
        ),
        held_to_moves(
            "workloads_waiver",
            {
                "requested": {
                    "requested": ["request_id"],
                    "granted": ["granted_at", "granted_by_id"],
                    "rejected": CLOSING,
                    "withdrawn": CLOSING,
                },
                "granted": {"withdrawn": CLOSING, "lapsed": CLOSING},
            },
        ),
    ]
