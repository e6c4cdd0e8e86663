package com.acme.legacy.soap;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Scanner;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

public class C061LegacySoapClient {

    private final URL endpoint;
    private final SSLSocketFactory sockets;

    public C061LegacySoapClient(URL endpoint) throws GeneralSecurityException {
        this.endpoint = endpoint;
        this.sockets = createFactory();
    }

    private static SSLSocketFactory createFactory() throws GeneralSecurityException {
        TrustManager[] managers = {
            new X509TrustManager() {
                @Override
                public void checkClientTrusted(X509Certificate[] chain, String authType) {
                }

                @Override
                public void checkServerTrusted(X509Certificate[] chain, String authType) {
                }

                @Override
                public X509Certificate[] getAcceptedIssuers() {
                    return new X509Certificate[0];
                }
            }
        };
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(null, managers, new SecureRandom());
        return context.getSocketFactory();
    }

    public String call(String action, String envelope, String credentials) throws IOException {
        HttpsURLConnection connection = (HttpsURLConnection) endpoint.openConnection();
        connection.setSSLSocketFactory(sockets);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setConnectTimeout(5000);
        connection.setReadTimeout(30_000);
        connection.setRequestProperty("Content-Type", "text/xml; charset=utf-8");
        connection.setRequestProperty("SOAPAction", action);
        connection.setRequestProperty("Authorization", "Basic " + credentials);
        try (OutputStream out = connection.getOutputStream()) {
            out.write(envelope.getBytes(StandardCharsets.UTF_8));
        }
        InputStream in = connection.getResponseCode() < 400 ? connection.getInputStream() : connection.getErrorStream();
        try (Scanner scanner = new Scanner(in, "UTF-8").useDelimiter("\\A")) {
            return scanner.hasNext() ? scanner.next() : "";
        }
    }
}
