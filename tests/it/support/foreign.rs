//! The databases of other services.

use super::Fresh;

/// A service's database, with tables as the service's migrations create them.
pub struct ServiceDatabase {
    fresh: Fresh,
}

impl ServiceDatabase {
    /// Of block storage: migration 921e1a36b076.
    pub fn cinder() -> Self {
        let database = Self::with_table(
            "CREATE TABLE messages (id VARCHAR(36) NOT NULL, project_id VARCHAR(255) NOT NULL, request_id VARCHAR(255), \
             resource_type VARCHAR(36), resource_uuid VARCHAR(255), event_id VARCHAR(255) NOT NULL, \
             message_level VARCHAR(255) NOT NULL, created_at {time}, updated_at {time}, deleted_at {time}, \
             deleted BOOLEAN, expires_at {time}, detail_id VARCHAR(10), action_id VARCHAR(10), PRIMARY KEY (id)){end}",
        );
        database.execute("CREATE INDEX ix_messages_expires_at ON messages (expires_at)");
        database
    }

    /// Of the shared file system: migrations 238720805ce1, and fbdfabcba377 for MariaDB's times.
    pub fn manila() -> Self {
        Self::with_table(
            "CREATE TABLE messages (id VARCHAR(36) NOT NULL, project_id VARCHAR(255) NOT NULL, request_id VARCHAR(255), \
             resource_type VARCHAR(255), resource_id VARCHAR(36), action_id VARCHAR(10) NOT NULL, detail_id VARCHAR(10), \
             message_level VARCHAR(255) NOT NULL, created_at {precise}, updated_at {precise}, deleted_at {precise}, \
             deleted VARCHAR(36), expires_at {time}, PRIMARY KEY (id)){end}",
        )
    }

    fn with_table(definition: &str) -> Self {
        let fresh = Fresh::new();
        let (time, precise, end) = match fresh.url().split_once(':') {
            Some(("postgresql", _)) => ("TIMESTAMP", "TIMESTAMP", ""),
            Some(("mysql", _)) => (
                "DATETIME",
                "DATETIME(6)",
                " ENGINE=InnoDB DEFAULT CHARSET=utf8mb3",
            ),
            _ => ("DATETIME", "DATETIME", ""),
        };
        let definition = definition
            .replace("{time}", time)
            .replace("{precise}", precise)
            .replace("{end}", end);
        fresh.execute(&definition);
        Self { fresh }
    }

    pub fn execute(&self, sql: &str) {
        self.fresh.execute(sql);
    }

    pub fn fresh(&self) -> &Fresh {
        &self.fresh
    }

    /// The URL as in the service's own configuration.
    pub fn url(&self) -> String {
        let (scheme, rest) = self.fresh.url().split_once("://").unwrap();
        let driver = match scheme {
            "mysql" => "+pymysql",
            "postgresql" => "+psycopg2",
            _ => "",
        };
        format!("{scheme}{driver}://{rest}")
    }
}
