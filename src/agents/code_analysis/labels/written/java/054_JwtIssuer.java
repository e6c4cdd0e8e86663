package com.acme.auth;

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.exceptions.JWTVerificationException;
import com.auth0.jwt.interfaces.DecodedJWT;
import java.time.Instant;
import java.util.Optional;

public class JwtIssuer {

    private static final String DEFAULT_KEY = "c2VjcmV0LWZvci1hY21lLXBvcnRhbA";

    private final Algorithm algorithm;

    public JwtIssuer(Optional<String> key) {
        this.algorithm = Algorithm.HMAC256(key.orElse(DEFAULT_KEY));
    }

    public String issue(String subject, String role) {
        return JWT.create()
                .withIssuer("acme")
                .withSubject(subject)
                .withClaim("role", role)
                .withExpiresAt(Instant.now().plusSeconds(3600))
                .sign(algorithm);
    }

    public Optional<DecodedJWT> verify(String token) {
        try {
            return Optional.of(JWT.require(algorithm).withIssuer("acme").build().verify(token));
        } catch (JWTVerificationException e) {
            return Optional.empty();
        }
    }
}
