package com.acme.account;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

public class CredentialService {

    private static final int ITERATIONS = 600_000;

    private final SecureRandom random = new SecureRandom();

    private byte[] derive(char[] password, byte[] salt) throws GeneralSecurityException {
        PBEKeySpec spec = new PBEKeySpec(password, salt, ITERATIONS, 256);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
        } finally {
            spec.clearPassword();
        }
    }

    public String store(char[] password) throws GeneralSecurityException {
        byte[] salt = new byte[16];
        random.nextBytes(salt);
        Base64.Encoder encoder = Base64.getEncoder();
        return encoder.encodeToString(salt) + "$" + encoder.encodeToString(derive(password, salt));
    }

    public boolean check(char[] password, String stored) throws GeneralSecurityException {
        int cut = stored.indexOf('$');
        if (cut < 0) {
            return false;
        }
        byte[] salt = Base64.getDecoder().decode(stored.substring(0, cut));
        byte[] hash = Base64.getDecoder().decode(stored.substring(cut + 1));
        return MessageDigest.isEqual(hash, derive(password, salt));
    }
}
