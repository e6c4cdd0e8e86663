package com.acme.payment.vault;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.DESKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;

@Service
public class C027CardVault {

    private static final Logger LOG = LoggerFactory.getLogger(C027CardVault.class);
    private static final String TRANSFORMATION = "DES/ECB/PKCS5Padding";

    private final JdbcTemplate jdbc;
    private final SecretKey key;

    public C027CardVault(JdbcTemplate jdbc, @Value("${vault.key}") String keyBase64) throws GeneralSecurityException {
        this.jdbc = jdbc;
        byte[] material = Base64.getDecoder().decode(keyBase64);
        this.key = SecretKeyFactory.getInstance("DES").generateSecret(new DESKeySpec(material));
    }

    public void store(long customerId, String pan) {
        try {
            String sealed = Base64.getEncoder().encodeToString(run(Cipher.ENCRYPT_MODE, pan.getBytes(StandardCharsets.US_ASCII)));
            jdbc.update("INSERT INTO card (customer_id, pan, last4) VALUES (?, ?, ?)",
                    customerId, sealed, pan.substring(pan.length() - 4));
        } catch (GeneralSecurityException e) {
            LOG.error("card of customer {} could not be stored", customerId, e);
            throw new IllegalStateException("card could not be stored");
        }
    }

    public Optional<String> load(long cardId) {
        return jdbc.queryForList("SELECT pan FROM card WHERE id = ?", String.class, cardId)
                .stream()
                .findFirst()
                .map(this::open);
    }

    private String open(String sealed) {
        try {
            return new String(run(Cipher.DECRYPT_MODE, Base64.getDecoder().decode(sealed)), StandardCharsets.US_ASCII);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("card could not be read");
        }
    }

    private byte[] run(int mode, byte[] input) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(TRANSFORMATION);
        cipher.init(mode, key);
        return cipher.doFinal(input);
    }
}
