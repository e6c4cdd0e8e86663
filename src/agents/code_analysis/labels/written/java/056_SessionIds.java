package com.acme.session;

import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.http.ResponseCookie;

public class SessionIds {

    private record Session(long user, Instant expires) {
    }

    private static final Duration LIFETIME = Duration.ofHours(8);

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final Clock clock;

    public SessionIds(Clock clock) {
        this.clock = clock;
    }

    public ResponseCookie start(long user) {
        byte[] raw = new byte[32];
        random.nextBytes(raw);
        String id = Base64.getUrlEncoder().withoutPadding().encodeToString(raw);
        Instant now = clock.instant();
        sessions.values().removeIf(s -> s.expires().isBefore(now));
        sessions.put(id, new Session(user, now.plus(LIFETIME)));
        return ResponseCookie.from("__Host-session", id)
                .path("/").secure(true).httpOnly(true).sameSite("Lax").maxAge(LIFETIME).build();
    }

    public Optional<Long> user(String id) {
        Session session = id == null ? null : sessions.get(id);
        if (session == null || session.expires().isBefore(clock.instant())) {
            return Optional.empty();
        }
        return Optional.of(session.user());
    }
}
