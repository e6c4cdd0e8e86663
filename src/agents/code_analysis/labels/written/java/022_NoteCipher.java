package com.acme.notes;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

public class NoteCipher {

    private static final int TAG_BITS = 128;

    private final SecretKeySpec key;
    private final byte[] nonce = new byte[12];

    public NoteCipher(byte[] keyBytes) {
        if (keyBytes.length != 32) {
            throw new IllegalArgumentException("256 bit key required");
        }
        this.key = new SecretKeySpec(keyBytes, "AES");
        Arrays.fill(nonce, (byte) 1);
    }

    private Cipher cipher(int mode) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }

    public byte[] encrypt(String note) throws GeneralSecurityException {
        return cipher(Cipher.ENCRYPT_MODE).doFinal(note.getBytes(StandardCharsets.UTF_8));
    }

    public String decrypt(byte[] data) throws GeneralSecurityException {
        return new String(cipher(Cipher.DECRYPT_MODE).doFinal(data), StandardCharsets.UTF_8);
    }
}
