/**
 * Forgets all but the newest callers of each secret of some keys. Parameters: the ids of the keys, and how many callers
 * are kept. The keys are locked first, as for a report.
 */
export const DROP_OLD_CALLERS = `
WITH locked AS MATERIALIZED (
  SELECT key_id FROM key_uses WHERE key_id = ANY($1) ORDER BY key_id FOR UPDATE
), ranked AS (
  SELECT usage_callers.ctid AS place_of_row, row_number() OVER (
    PARTITION BY key_id, generation, retiring ORDER BY last_at DESC, address, user_agent) AS place
  FROM usage_callers JOIN locked USING (key_id)
)
DELETE FROM usage_callers WHERE ctid = ANY (ARRAY(SELECT place_of_row FROM ranked WHERE place > $2))`;
