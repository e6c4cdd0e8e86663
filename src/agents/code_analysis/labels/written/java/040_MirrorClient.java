package com.acme.mirror;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

public class MirrorClient {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");
    private static final Map<String, URI> MIRRORS = Map.of(
            "eu", URI.create("https://mirror-eu.acme.example/"),
            "us", URI.create("https://mirror-us.acme.example/"));

    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    public String index(String region, String name) throws IOException, InterruptedException {
        URI base = MIRRORS.get(region);
        if (base == null || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("unknown mirror or package");
        }
        HttpRequest request = HttpRequest.newBuilder(base.resolve("index/" + name + ".json"))
                .timeout(Duration.ofSeconds(10))
                .header("Accept", "application/json")
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException("status " + response.statusCode());
        }
        return response.body();
    }
}
