package com.acme.web.remember;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.servlet.http.Cookie;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.stereotype.Component;

@Component
public class C014RememberMeCookies {

    private static final Logger LOG = LoggerFactory.getLogger(C014RememberMeCookies.class);
    private static final String NAME = "__Host-remember";
    private static final Duration VALIDITY = Duration.ofDays(14);

    private final SecureRandom random = new SecureRandom();
    private final RememberTokens tokens;

    public C014RememberMeCookies(RememberTokens tokens) {
        this.tokens = tokens;
    }

    public void remember(long userId, HttpServletResponse response) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        tokens.store(userId, token, VALIDITY);
        write(response, token, VALIDITY);
        LOG.debug("remember-me issued for user {}", userId);
    }

    public Optional<Long> recall(HttpServletRequest request) {
        Cookie[] cookies = request.getCookies();
        if (cookies == null) {
            return Optional.empty();
        }
        return Arrays.stream(cookies)
                .filter(c -> NAME.equals(c.getName()))
                .map(Cookie::getValue)
                .findFirst()
                .flatMap(tokens::userOf);
    }

    public void forget(HttpServletRequest request, HttpServletResponse response) {
        recall(request).ifPresent(tokens::removeAll);
        write(response, "", Duration.ZERO);
    }

    private static void write(HttpServletResponse response, String value, Duration maxAge) {
        ResponseCookie cookie = ResponseCookie.from(NAME, value)
                .path("/")
                .maxAge(maxAge)
                .secure(true)
                .httpOnly(true)
                .sameSite("Strict")
                .build();
        response.addHeader(HttpHeaders.SET_COOKIE, cookie.toString());
    }

    public interface RememberTokens {
        void store(long userId, String token, Duration validity);

        Optional<Long> userOf(String token);

        void removeAll(long userId);
    }
}
