package com.acme.wallet.api;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import okhttp3.CertificatePinner;
import okhttp3.ConnectionSpec;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;

public class C026WalletApi {

    private static final String HOST = "wallet.acme.example";
    private static final String PIN_CURRENT = "sha256/afwiKY3RxoMmLkuRW1l7QsPZTJPwDS2pdDROQjXw8ig=";
    private static final String PIN_BACKUP = "sha256/klO23nT2ehFDXCfx3eHTDRESMz3asj1muO+4aIdjiuY=";

    private final OkHttpClient client;
    private final TokenSource tokens;
    private final Gson gson = new Gson();

    public interface TokenSource {
        String current();
    }

    public C026WalletApi(TokenSource tokens) {
        this.tokens = tokens;
        CertificatePinner pinner = new CertificatePinner.Builder()
                .add(HOST, PIN_CURRENT)
                .add(HOST, PIN_BACKUP)
                .build();
        this.client = new OkHttpClient.Builder()
                .certificatePinner(pinner)
                .connectionSpecs(Collections.singletonList(ConnectionSpec.RESTRICTED_TLS))
                .followRedirects(false)
                .callTimeout(15, TimeUnit.SECONDS)
                .build();
    }

    public Balance balance(long accountId) throws IOException {
        HttpUrl url = new HttpUrl.Builder()
                .scheme("https")
                .host(HOST)
                .addPathSegments("v1/accounts")
                .addPathSegment(Long.toString(accountId))
                .addPathSegment("balance")
                .build();
        Request request = new Request.Builder()
                .url(url)
                .header("Authorization", "Bearer " + tokens.current())
                .build();
        try (Response response = client.newCall(request).execute()) {
            ResponseBody body = response.body();
            if (!response.isSuccessful() || body == null) {
                throw new IOException("wallet service answered " + response.code());
            }
            return gson.fromJson(body.charStream(), Balance.class);
        } catch (JsonParseException e) {
            throw new IOException("unreadable answer of the wallet service", e);
        }
    }

    public static class Balance {
        public long cents;
        public String currency;
    }
}
