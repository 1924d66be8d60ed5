-- `path`: the schemas of the search path, including those that this role may not use.
-- `found`: the tables, and the role that needs each right.
-- `allowed`: what the policies that apply to this role allow. Only the condition `true` counts as everything.
WITH path AS (
    SELECT CASE trim(both ' "' FROM name) WHEN '$user' THEN current_user::text ELSE trim(both ' "' FROM name) END AS schema, place
    FROM unnest(string_to_array(current_setting('search_path'), ',')) WITH ORDINALITY AS part (name, place)
), need (number, who, schema, relation, privilege, columns, list) AS (VALUES
    /* needs */
), found AS (
    SELECT DISTINCT ON (number) need.*, c.oid, nspname, n.oid AS namespace, row_security_active(c.oid) AND who = 'program' AS secured,
        CASE who WHEN 'program' THEN current_user::regrole::oid ELSE relowner END AS role,
        CASE need.schema WHEN '' THEN quote_ident(relname) ELSE format('%I.%I', nspname, relname) END AS name
    FROM need JOIN pg_class AS c ON relname = relation JOIN pg_namespace AS n ON n.oid = relnamespace
    LEFT JOIN path ON path.schema = nspname
    WHERE CASE need.schema WHEN '' THEN place IS NOT NULL ELSE nspname = need.schema END
    ORDER BY number, place
), schemas AS (
    SELECT 0 AS number, format('%s lacks USAGE on schema %I', role::regrole, nspname) AS what,
        format('GRANT USAGE ON SCHEMA %I TO %s', nspname, role::regrole) AS remedy
    FROM found WHERE NOT has_schema_privilege(role, namespace, 'USAGE') GROUP BY role, nspname
), rights AS (
    SELECT min(number) AS number, format('%s lacks %s on %s', role::regrole, string_agg(privilege, ', ' ORDER BY number), name) AS what,
        format('GRANT %s ON %s TO %s', string_agg(privilege || list, ', ' ORDER BY number), name, role::regrole) AS remedy
    FROM found WHERE NOT CASE columns WHEN '{}' THEN has_table_privilege(role, found.oid, privilege) ELSE (
        SELECT bool_and(has_column_privilege(role, found.oid, attnum, privilege)) FROM pg_attribute
        WHERE attrelid = found.oid AND attname = ANY (columns)) END
    GROUP BY role, name
), policy AS (
    SELECT polrelid, polpermissive, polcmd,
        coalesce(pg_get_expr(polqual, polrelid) = 'true', NOT polpermissive) AS shows,
        coalesce(coalesce(pg_get_expr(polwithcheck, polrelid), pg_get_expr(polqual, polrelid)) = 'true', NOT polpermissive) AS accepts
    FROM pg_policy WHERE EXISTS (SELECT FROM unnest(polroles) AS role WHERE role = 0 OR pg_has_role(role, 'USAGE'))
), allowed AS (
    SELECT polrelid, polpermissive, privilege,
        CASE privilege WHEN 'INSERT' THEN accepts WHEN 'UPDATE' THEN shows AND accepts ELSE shows END AS everything
    FROM policy JOIN (VALUES ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')) AS command (privilege, letter)
        ON polcmd::text IN ('*', letter)
), hidden AS (
    SELECT min(number) AS number, format('row level security hides rows of %s from %s', name, role::regrole) AS what,
        CASE WHEN EXISTS (SELECT FROM policy WHERE polrelid = found.oid AND NOT polpermissive)
            THEN format('ALTER ROLE %s BYPASSRLS', role::regrole)
            WHEN min(list) = '' THEN format('CREATE POLICY tasks_api ON %s TO %s USING (true) WITH CHECK (true)', name, role::regrole)
            WHEN min(privilege) = 'SELECT' THEN format('CREATE POLICY tasks_api ON %s FOR SELECT TO %s USING (true)', name, role::regrole)
            ELSE format('CREATE POLICY tasks_api ON %s FOR INSERT TO %s WITH CHECK (true)', name, role::regrole) END AS remedy
    FROM found WHERE secured AND (
        NOT EXISTS (SELECT FROM allowed WHERE polrelid = found.oid AND allowed.privilege = found.privilege AND polpermissive AND everything)
        OR EXISTS (SELECT FROM allowed WHERE polrelid = found.oid AND allowed.privilege = found.privilege AND NOT polpermissive AND NOT everything))
    GROUP BY found.oid, name, role
)
SELECT what, remedy FROM (SELECT * FROM schemas UNION ALL SELECT * FROM rights UNION ALL SELECT * FROM hidden) AS finding ORDER BY number
