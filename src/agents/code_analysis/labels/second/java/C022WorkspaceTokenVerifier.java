package com.acme.workspace.security;

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.exceptions.JWTDecodeException;
import com.auth0.jwt.exceptions.JWTVerificationException;
import com.auth0.jwt.interfaces.DecodedJWT;
import com.auth0.jwt.interfaces.JWTVerifier;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public class C022WorkspaceTokenVerifier {

    private static final Logger LOG = LoggerFactory.getLogger(C022WorkspaceTokenVerifier.class);
    private static final long LEEWAY_SECONDS = 5;

    private final Map<String, RSAPublicKey> keys;
    private final Map<String, JWTVerifier> verifiers = new ConcurrentHashMap<>();
    private final String issuer;
    private final String audience;

    public C022WorkspaceTokenVerifier(Map<String, RSAPublicKey> keys, String issuer, String audience) {
        this.keys = Map.copyOf(keys);
        this.issuer = issuer;
        this.audience = audience;
    }

    public record Member(String id, List<String> workspaces) {
    }

    public Optional<Member> verify(String token) {
        String keyId = keyIdOf(token);
        if (keyId == null || !keys.containsKey(keyId)) {
            return Optional.empty();
        }
        try {
            DecodedJWT verified = verifiers.computeIfAbsent(keyId, this::verifier).verify(token);
            List<String> workspaces = verified.getClaim("ws").asList(String.class);
            return Optional.of(new Member(verified.getSubject(), workspaces == null ? List.of() : workspaces));
        } catch (JWTVerificationException e) {
            LOG.debug("token refused");
            return Optional.empty();
        }
    }

    private static String keyIdOf(String token) {
        try {
            return JWT.decode(token).getKeyId();
        } catch (JWTDecodeException e) {
            return null;
        }
    }

    private JWTVerifier verifier(String keyId) {
        return JWT.require(Algorithm.RSA256(keys.get(keyId), null))
                .withIssuer(issuer)
                .withAudience(audience)
                .withClaimPresence("sub")
                .acceptLeeway(LEEWAY_SECONDS)
                .build();
    }
}
