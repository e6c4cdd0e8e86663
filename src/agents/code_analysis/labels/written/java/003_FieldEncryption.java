package com.acme.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

public final class FieldEncryption {

    private static final int NONCE = 12;

    private final SecretKeySpec key;
    private final SecureRandom random = new SecureRandom();

    private FieldEncryption(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
    }

    public static FieldEncryption fromEnvironment() {
        String value = System.getenv("FIELD_ENCRYPTION_KEY");
        if (value == null) {
            throw new IllegalStateException("FIELD_ENCRYPTION_KEY is not set");
        }
        byte[] key = Base64.getDecoder().decode(value);
        if (key.length != 32) {
            throw new IllegalStateException("256 bit key expected");
        }
        return new FieldEncryption(key);
    }

    public byte[] encrypt(String text) throws GeneralSecurityException {
        byte[] nonce = new byte[NONCE];
        random.nextBytes(nonce);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, nonce));
        byte[] sealed = cipher.doFinal(text.getBytes(StandardCharsets.UTF_8));
        return ByteBuffer.allocate(NONCE + sealed.length).put(nonce).put(sealed).array();
    }

    public String decrypt(byte[] data) throws GeneralSecurityException {
        if (data.length < NONCE) {
            throw new GeneralSecurityException("short input");
        }
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, data, 0, NONCE));
        return new String(cipher.doFinal(data, NONCE, data.length - NONCE), StandardCharsets.UTF_8);
    }
}
