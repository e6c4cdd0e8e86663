package com.acme.partner.tls;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public final class C041PartnerTlsFactory {

    private static final Logger LOG = LoggerFactory.getLogger(C041PartnerTlsFactory.class);
    private static final String STORE_TYPE = "PKCS12";

    private final Path trustStore;
    private final Path keyStore;

    public C041PartnerTlsFactory(Path trustStore, Path keyStore) {
        this.trustStore = trustStore;
        this.keyStore = keyStore;
    }

    public HttpClient client(char[] trustPassword, char[] keyPassword) throws IOException, GeneralSecurityException {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        return HttpClient.newBuilder()
                .sslContext(context(trustPassword, keyPassword))
                .sslParameters(parameters)
                .connectTimeout(Duration.ofSeconds(5))
                .build();
    }

    private SSLContext context(char[] trustPassword, char[] keyPassword) throws IOException, GeneralSecurityException {
        try {
            KeyStore trust = load(trustStore, trustPassword);
            TrustManagerFactory trustManagers =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trustManagers.init(trust);

            KeyStore keys = load(keyStore, keyPassword);
            KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keyManagers.init(keys, keyPassword);

            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
            LOG.info("TLS context with {} trusted certificates", trust.size());
            return context;
        } finally {
            Arrays.fill(trustPassword, '\0');
            Arrays.fill(keyPassword, '\0');
        }
    }

    private static KeyStore load(Path file, char[] password) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(STORE_TYPE);
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password);
        }
        return store;
    }
}
