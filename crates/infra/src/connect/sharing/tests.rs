use super::judge;

#[test]
fn statements_share_connections_on_a_single_postgres() {
    for version in [
        "PostgreSQL 16.4 (Debian 16.4-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit",
        "PostgreSQL 14.12 (Ubuntu 14.12-0ubuntu0.22.04.1) on x86_64-pc-linux-gnu, compiled by gcc (Ubuntu 11.4.0) 11.4.0, 64-bit",
        "PostgreSQL 16.3 on x86_64-pc-linux-musl, compiled by gcc (Alpine 13.2.1_git20240309) 13.2.1 20240309, 64-bit",
        "PostgreSQL 14.12 (Homebrew) on aarch64-apple-darwin23.4.0, compiled by Apple clang version 15.0.0, 64-bit",
        "PostgreSQL 15.3 (Postgres.app) on aarch64-apple-darwin21.6.0, compiled by Apple clang version 14.0.0, 64-bit",
        "PostgreSQL 16.1, compiled by Visual C++ build 1937, 64-bit",
        "PostgreSQL 17.0 on x86_64-windows, compiled by msvc-19.41.34123, 64-bit",
        "PostgreSQL 18beta1 on x86_64-pc-linux-gnu, compiled by gcc (GCC) 14.2.1, 64-bit",
        "PostgreSQL 19devel on x86_64-linux, compiled by gcc-14.2.0, 64-bit",
        // Amazon RDS and Aurora, Google Cloud SQL and AlloyDB, Neon.
        "PostgreSQL 15.4 on x86_64-pc-linux-gnu, compiled by x86_64-pc-linux-gnu-gcc (GCC) 9.5.0, 64-bit",
        "PostgreSQL 15.5 on x86_64-pc-linux-gnu, compiled by Debian clang version 12.0.1, 64-bit",
        "PostgreSQL 17.2 (f3bfd2b) on aarch64-unknown-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit",
    ] {
        let sharing = judge(version, "plpgsql pg_stat_statements citus_columnar");
        assert!(sharing.is_on, "{version}: {}", sharing.reason);
    }
}

#[test]
fn statements_share_nothing_where_rows_are_on_several_machines() {
    let postgres = "PostgreSQL 16.4 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit";
    for extensions in ["citus", "plpgsql citus_columnar citus", "plpgsql rds_aurora", "bdr plpgsql"] {
        assert!(!judge(postgres, extensions).is_on, "{extensions}");
    }
    assert_eq!(judge(postgres, "plpgsql citus").reason, "the server has the extension citus");
}

#[test]
fn statements_share_nothing_on_an_unknown_server() {
    for version in [
        "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27 01:53:43, go1.19.10)",
        "PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 16.0.6, 64-bit",
        "PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:e7c2b1f) on x86_64-pc-linux-gnu, compiled by gcc, 64-bit",
        "PostgreSQL 14.4 (Cloudberry Database 1.5.0 build 1) on x86_64-pc-linux-gnu, compiled by gcc (GCC) 10.2.1, 64-bit",
        "PostgreSQL 10.8 (Postgres-XL 10r1.1), on x86_64-pc-linux-gnu, compiled by gcc, 64-bit",
        "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.63282",
        "PostgreSQL 16.4-limitless on aarch64-unknown-linux-gnu, compiled by gcc, 64-bit",
        "PostgreSQL 13.14.0-RisingWave-1.10.0 (5a3fb7a)",
        "PostgreSQL 16",
        "PostgreSQL 14.1",
        "CrateDB 5.8.1 (built 64df2ff/2024-07-30)",
        "PostgreSQL ",
        "",
    ] {
        let sharing = judge(version, "plpgsql");
        assert!(!sharing.is_on, "{version}");
        assert!(sharing.reason.starts_with("the server is not known to be a single Postgres: "), "{}", sharing.reason);
    }
}
