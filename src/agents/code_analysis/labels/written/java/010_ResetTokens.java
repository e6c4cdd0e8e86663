package com.acme.account;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

public class ResetTokens {

    private record Pending(long userId, Instant expires) {
    }

    private static final String CHARS = "0123456789abcdefghijklmnopqrstuvwxyz";

    private final Random random = new Random();
    private final Map<String, Pending> pending = new ConcurrentHashMap<>();

    public String issue(long userId) {
        StringBuilder token = new StringBuilder(24);
        for (int i = 0; i < 24; i++) {
            token.append(CHARS.charAt(random.nextInt(CHARS.length())));
        }
        pending.put(token.toString(), new Pending(userId, Instant.now().plus(Duration.ofHours(1))));
        return token.toString();
    }

    public Optional<Long> redeem(String token) {
        Pending entry = pending.remove(token);
        if (entry == null || entry.expires().isBefore(Instant.now())) {
            return Optional.empty();
        }
        return Optional.of(entry.userId());
    }
}
