package com.acme.apikeys.service;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

@Service
public class C028ApiKeyService {

    private static final Logger LOG = LoggerFactory.getLogger(C028ApiKeyService.class);
    private static final String PREFIX = "ak_";
    private static final int KEY_BYTES = 32;
    private static final int MAX_KEYS = 10;

    private final SecureRandom random = new SecureRandom();
    private final ApiKeyStore store;

    public C028ApiKeyService(ApiKeyStore store) {
        this.store = store;
    }

    @Transactional
    public String create(long accountId) {
        List<Long> existing = store.idsOf(accountId);
        if (existing.size() >= MAX_KEYS) {
            throw new IllegalStateException("too many keys");
        }
        byte[] bytes = new byte[KEY_BYTES];
        random.nextBytes(bytes);
        String key = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        long id = store.save(accountId, digest(key), Instant.now());
        LOG.info("key {} created for account {}", id, accountId);
        return key;
    }

    @Transactional(readOnly = true)
    public Optional<Long> authenticate(String presented) {
        if (presented == null || !presented.startsWith(PREFIX) || presented.length() > 100) {
            return Optional.empty();
        }
        return store.accountByDigest(digest(presented));
    }

    @Transactional
    public boolean revoke(long accountId, long keyId) {
        return store.delete(accountId, keyId) == 1;
    }

    private static String digest(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public interface ApiKeyStore {
        List<Long> idsOf(long accountId);

        long save(long accountId, String digest, Instant created);

        Optional<Long> accountByDigest(String digest);

        int delete(long accountId, long keyId);
    }
}
