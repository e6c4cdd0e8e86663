package com.acme.account;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

@Component
public class PasswordEncoderImpl implements PasswordEncoder {

    private static final String PREFIX = "acme:";

    @Override
    public String encode(CharSequence raw) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            digest.update(PREFIX.getBytes(StandardCharsets.UTF_8));
            byte[] out = digest.digest(raw.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(out);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public boolean matches(CharSequence raw, String encoded) {
        return MessageDigest.isEqual(
                encode(raw).getBytes(StandardCharsets.US_ASCII),
                encoded.getBytes(StandardCharsets.US_ASCII));
    }
}
