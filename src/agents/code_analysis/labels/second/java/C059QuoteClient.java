package com.acme.quotes;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public class C059QuoteClient {

    private static final Logger LOG = LoggerFactory.getLogger(C059QuoteClient.class);
    private static final URI BASE = URI.create("https://quotes.internal.example/v3/");
    private static final int ATTEMPTS = 4;
    private static final long BASE_DELAY_MS = 150;

    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(2))
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private final ObjectMapper mapper = new ObjectMapper();
    private final Random jitter = new Random();

    public record Quote(UUID instrument, BigDecimal bid, BigDecimal ask) {
    }

    public Quote quote(UUID instrument) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(BASE.resolve("instruments/" + instrument + "/quote"))
                .timeout(Duration.ofSeconds(3))
                .header("Accept", "application/json")
                .GET()
                .build();
        IOException last = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (attempt > 0) {
                Thread.sleep(delay(attempt));
            }
            try {
                HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() == 200) {
                    return mapper.readValue(response.body(), Quote.class);
                }
                if (response.statusCode() < 500) {
                    throw new IllegalStateException("quote service answered " + response.statusCode());
                }
                last = new IOException("quote service answered " + response.statusCode());
            } catch (IOException e) {
                LOG.debug("attempt {} failed", attempt, e);
                last = e;
            }
        }
        throw last;
    }

    private long delay(int attempt) {
        long ceiling = BASE_DELAY_MS << attempt;
        return ceiling / 2 + jitter.nextInt((int) (ceiling / 2));
    }
}
