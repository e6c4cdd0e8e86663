package com.acme.archive.config;

import java.net.URI;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

@Configuration
public class C006ArchiveStorageConfig {

    private static final Logger LOG = LoggerFactory.getLogger(C006ArchiveStorageConfig.class);

    private static final String ACCESS_KEY_PROPERTY = "archive.s3.access-key";
    private static final String SECRET_KEY_PROPERTY = "archive.s3.secret-key";
    private static final String DB_PASSWORD_PROPERTY = "archive.db.password";
    static final String PASSWORD_CHANGED_MESSAGE = "password.changed";

    private final Environment environment;

    public C006ArchiveStorageConfig(Environment environment) {
        this.environment = environment;
    }

    @Bean
    public S3Client s3() {
        URI endpoint = URI.create(environment.getRequiredProperty("archive.s3.endpoint"));
        if (!"https".equals(endpoint.getScheme())) {
            throw new IllegalStateException("the object store must be reached over https");
        }
        return S3Client.builder()
                .endpointOverride(endpoint)
                .region(Region.EU_CENTRAL_1)
                .credentialsProvider(credentials())
                .build();
    }

    @Bean
    public DriverManagerDataSource archiveDataSource() {
        DriverManagerDataSource dataSource = new DriverManagerDataSource();
        dataSource.setUrl(environment.getRequiredProperty("archive.db.url"));
        dataSource.setUsername(environment.getRequiredProperty("archive.db.user"));
        dataSource.setPassword(environment.getRequiredProperty(DB_PASSWORD_PROPERTY));
        LOG.info("archive data source configured");
        return dataSource;
    }

    private AwsCredentialsProvider credentials() {
        String accessKey = environment.getRequiredProperty(ACCESS_KEY_PROPERTY);
        String secretKey = environment.getRequiredProperty(SECRET_KEY_PROPERTY);
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, secretKey));
    }
}
