package com.acme.cards;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.DESKeySpec;

public class CardVault {

    private static final String SEED = "k3y!9zQ2";

    private final SecretKey key;

    public CardVault() throws GeneralSecurityException {
        DESKeySpec spec = new DESKeySpec(SEED.getBytes(StandardCharsets.US_ASCII));
        key = SecretKeyFactory.getInstance("DES").generateSecret(spec);
    }

    public String protect(String pan) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("DES/ECB/PKCS5Padding");
        cipher.init(Cipher.ENCRYPT_MODE, key);
        byte[] out = cipher.doFinal(pan.getBytes(StandardCharsets.US_ASCII));
        return Base64.getEncoder().encodeToString(out);
    }

    public String reveal(String stored) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("DES/ECB/PKCS5Padding");
        cipher.init(Cipher.DECRYPT_MODE, key);
        return new String(cipher.doFinal(Base64.getDecoder().decode(stored)), StandardCharsets.US_ASCII);
    }
}
