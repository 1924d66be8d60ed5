-- Stands in for the extension, which tests cannot install: its catalog and its functions, with what it refuses.
SET allow_system_table_mods = on;
INSERT INTO pg_extension SELECT 1, 'citus', extowner, extnamespace, extrelocatable, '13.2', extconfig, extcondition
    FROM pg_extension WHERE extname = 'plpgsql';
RESET allow_system_table_mods;

CREATE TABLE citus_calls (number serial PRIMARY KEY, call text NOT NULL);
CREATE TABLE pg_dist_node (groupid integer, nodename text, nodeport integer, noderole text DEFAULT 'primary');
CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, partmethod "char", repmodel "char");

CREATE FUNCTION citus_set_coordinator_host(host text, port integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_dist_node VALUES (0, host, port);
    INSERT INTO citus_calls (call) VALUES (format('coordinator %s:%s', host, port));
$$;

CREATE FUNCTION citus_add_node(nodename text, nodeport integer) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_dist_node WHERE groupid = 0) THEN
        RAISE 'cannot add a worker node when the coordinator hostname is set to localhost';
    END IF;
    INSERT INTO pg_dist_node SELECT max(groupid) + 1, $1, $2 FROM pg_dist_node;
    INSERT INTO citus_calls (call) VALUES (format('worker %s:%s', $1, $2));
END $$;

CREATE FUNCTION create_reference_table(table_name regclass) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO pg_dist_partition VALUES (table_name, 'n', 't');
    INSERT INTO citus_calls (call) VALUES (format('reference %s', table_name));
END $$;

CREATE FUNCTION create_distributed_table(table_name regclass, distribution_column text, colocate_with text DEFAULT 'default')
RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
                   WHERE contype = 'p' AND conrelid = table_name AND attname = distribution_column) THEN
        RAISE 'the primary key of % does not begin with %', table_name, distribution_column;
    END IF;
    IF EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = table_name
               AND confrelid NOT IN (SELECT logicalrelid FROM pg_dist_partition)) THEN
        RAISE 'cannot create foreign key constraint: the referenced table must be a distributed table or a reference table';
    END IF;
    IF colocate_with <> 'default' AND NOT EXISTS (
            SELECT FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass AND partmethod = 'h') THEN
        RAISE 'relation % is not distributed', colocate_with;
    END IF;
    INSERT INTO pg_dist_partition VALUES (table_name, 'h', 's');
    INSERT INTO citus_calls (call) VALUES (format('distributed %s by %s with %s', table_name, distribution_column, colocate_with));
END $$;
