package com.acme.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;

public final class DataSourceFactory {

    private static final String URL = "jdbc:postgresql://db-primary.internal.acme.example:5432/ledger";
    private static final String USER = "ledger_app";
    private static final String PASSWORD = "Qz7#vLp2!rWk9dTs";

    private DataSourceFactory() {
    }

    public static DataSource create(int poolSize) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(URL);
        config.setUsername(USER);
        config.setPassword(PASSWORD);
        config.setMaximumPoolSize(poolSize);
        config.setConnectionTimeout(5_000);
        config.addDataSourceProperty("ssl", "true");
        config.addDataSourceProperty("sslmode", "verify-full");
        return new HikariDataSource(config);
    }
}
