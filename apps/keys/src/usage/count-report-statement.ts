/** How rows of rows-of-report.ts travel as JSON. */
const rowsOf = (parameter: string, columns: string) =>
  `SELECT * FROM json_to_recordset(${parameter}) AS row (${columns})`;

const REQUEST_COLUMNS = `key_id text, at timestamptz, request_id text, generation integer, address text, user_agent text,
  method text, path text, route text, status integer, outcome text, cost bigint`;

/**
 * Adds rows to what is known. Wants them as key_rows, secret_rows, caller_rows, hour_rows, scope_rows and request_rows,
 * each primary key once.
 *
 * Every part after `used` is joined with it and sorted, so it begins when all of `used` is done: the rows of these keys in
 * `key_uses` are then locked, taken in the order of their ids, and until the end nobody else changes any row of these
 * keys. Two statements may wait for each other, but never both at once.
 *
 * @returns the keys that have callers which were not known before.
 */
const ADD_ROWS = `
used AS (
  INSERT INTO key_uses AS known (key_id, at, address, user_agent, route, logged)
  SELECT key_id, at, address, user_agent, route, logged FROM key_rows
  WHERE EXISTS (SELECT FROM api_keys WHERE id = key_rows.key_id)
  ORDER BY key_id
  ON CONFLICT (key_id) DO UPDATE SET
    at = greatest(known.at, EXCLUDED.at),
    address = CASE WHEN EXCLUDED.at >= known.at THEN EXCLUDED.address ELSE known.address END,
    user_agent = CASE WHEN EXCLUDED.at >= known.at THEN EXCLUDED.user_agent ELSE known.user_agent END,
    route = CASE WHEN EXCLUDED.at >= known.at THEN EXCLUDED.route ELSE known.route END,
    logged = known.logged + EXCLUDED.logged
  RETURNING key_id
), secrets AS (
  INSERT INTO secret_uses AS known (key_id, generation, retiring, uses, last_at)
  SELECT key_id, generation, retiring, uses, last_at
  FROM secret_rows JOIN used USING (key_id) ORDER BY key_id, generation, retiring
  ON CONFLICT (key_id, generation, retiring) DO UPDATE SET
    uses = known.uses + EXCLUDED.uses, last_at = greatest(known.last_at, EXCLUDED.last_at)
), callers AS (
  INSERT INTO usage_callers AS known (key_id, generation, retiring, address, user_agent, route, uses, last_at, first_at)
  SELECT key_id, generation, retiring, address, user_agent, route, uses, last_at, last_at
  FROM caller_rows JOIN used USING (key_id) ORDER BY key_id, generation, retiring, address, user_agent
  ON CONFLICT (key_id, generation, retiring, address, user_agent) DO UPDATE SET
    uses = known.uses + EXCLUDED.uses,
    route = CASE WHEN EXCLUDED.last_at >= known.last_at THEN EXCLUDED.route ELSE known.route END,
    last_at = greatest(known.last_at, EXCLUDED.last_at)
  -- A row that was there before has been locked by this statement.
  RETURNING key_id, xmax = 0 AS is_new
), hours AS (
  INSERT INTO usage_hours AS known (key_id, hour, requests, refused, cost, unlogged)
  SELECT key_id, hour, requests, refused, cost, unlogged
  FROM hour_rows JOIN used USING (key_id) ORDER BY key_id, hour
  ON CONFLICT (key_id, hour) DO UPDATE SET
    requests = known.requests + EXCLUDED.requests, refused = known.refused + EXCLUDED.refused,
    cost = known.cost + EXCLUDED.cost, unlogged = known.unlogged + EXCLUDED.unlogged
), scopes AS (
  INSERT INTO usage_scopes AS known (key_id, scope, day, uses, last_at)
  SELECT key_id, scope, day, uses, last_at
  FROM scope_rows JOIN used USING (key_id) ORDER BY key_id, scope, day
  ON CONFLICT (key_id, scope, day) DO UPDATE SET
    uses = known.uses + EXCLUDED.uses, last_at = greatest(known.last_at, EXCLUDED.last_at)
), requests AS (
  INSERT INTO usage_requests
    (key_id, at, request_id, generation, address, user_agent, method, path, route, status, outcome, cost)
  SELECT key_id, at, request_id, generation, address, user_agent, method, path, route, status, outcome, cost
  FROM request_rows JOIN used USING (key_id) ORDER BY key_id, at, request_id
  ON CONFLICT DO NOTHING
)
SELECT DISTINCT key_id FROM callers WHERE is_new`;

/**
 * Counts one report in one statement: whole or not at all, and once, because its id is entered first. Parameters: the
 * report's id, the moment, then the rows of rows-of-report.ts as JSON, in its order.
 */
export const COUNT_REPORT = `
WITH report AS (
  INSERT INTO usage_reports (report_id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1
), key_rows AS (
  ${rowsOf('$3', 'key_id text, at timestamptz, address text, user_agent text, route text, logged bigint')}
  WHERE EXISTS (SELECT FROM report)
), secret_rows AS (
  ${rowsOf('$4', 'key_id text, generation integer, retiring boolean, uses bigint, last_at timestamptz')}
), caller_rows AS (
  ${rowsOf(
    '$5',
    `key_id text, generation integer, retiring boolean, address text, user_agent text, route text, uses bigint,
     last_at timestamptz`,
  )}
), hour_rows AS (
  ${rowsOf('$6', 'key_id text, hour timestamptz, requests bigint, refused bigint, cost bigint, unlogged bigint')}
), scope_rows AS (
  ${rowsOf('$7', 'key_id text, scope text, day date, uses bigint, last_at timestamptz')}
), request_rows AS (
  ${rowsOf('$8', REQUEST_COLUMNS)}
), ${ADD_ROWS}`;

/**
 * Counts uses that wait, all of one part of the keys at once, and takes them away. Parameters: the part, and up to which
 * number.
 */
export const COUNT_WAITING = `
WITH taken AS MATERIALIZED (
  DELETE FROM usage_waiting WHERE shard = $1 AND seq <= $2 RETURNING *
), known_callers AS MATERIALIZED (
  SELECT seq, place, address, user_agent, route
  FROM taken, unnest(addresses, user_agents, routes) WITH ORDINALITY AS caller (address, user_agent, route, place)
), uses AS MATERIALIZED (
  SELECT seq, key_id, generation, timestamptz 'epoch' + moment * interval '1 millisecond' AS at, scope_set, cost, refused,
    is_logged, address, user_agent, route
  FROM (
    SELECT seq, use.* FROM taken, unnest(key_ids, generations, moments, callers, scopes, costs, refused, logged)
      AS use (key_id, generation, moment, caller, scope_set, cost, refused, is_logged)
  ) AS of_report JOIN known_callers USING (seq) WHERE place = caller + 1
), key_rows AS (
  SELECT DISTINCT ON (key_id) key_id, at, address, user_agent, route,
    count(*) FILTER (WHERE is_logged) OVER (PARTITION BY key_id) AS logged
  FROM uses ORDER BY key_id, at DESC
), secret_rows AS (
  SELECT key_id, generation, false AS retiring, count(*) AS uses, max(at) AS last_at FROM uses GROUP BY 1, 2
), caller_rows AS (
  SELECT key_id, generation, false AS retiring, address, user_agent, (array_agg(route ORDER BY at DESC))[1] AS route,
    count(*) AS uses, max(at) AS last_at
  FROM uses GROUP BY key_id, generation, address, user_agent
), hour_rows AS (
  SELECT key_id, date_trunc('hour', at, 'UTC') AS hour, count(*) AS requests, count(*) FILTER (WHERE refused) AS refused,
    sum(cost) AS cost, count(*) FILTER (WHERE NOT is_logged) AS unlogged
  FROM uses GROUP BY 1, 2
), scope_rows AS (
  SELECT key_id, scope, (at AT TIME ZONE 'UTC')::date AS day, count(*) AS uses, max(at) AS last_at
  FROM uses JOIN (
    SELECT seq, scope_set, scope FROM taken, unnest(scope_sets, scope_names) AS named (scope_set, scope)
  ) AS scopes_of_set USING (seq, scope_set)
  WHERE NOT refused GROUP BY 1, 2, 3
), request_rows AS (
  SELECT row.* FROM taken, json_to_recordset(log) AS row (${REQUEST_COLUMNS})
), ${ADD_ROWS}`;
