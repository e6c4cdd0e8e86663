package com.acme.cache;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class SnapshotReader {

    private static final int TAG = 32;
    private static final ObjectInputFilter FILTER = ObjectInputFilter.Config.createFilter(
            "maxbytes=1048576;maxdepth=4;maxrefs=20000;java.util.TreeMap;java.lang.String;"
            + "java.lang.Long;java.lang.Number;!*");

    private final SecretKeySpec key;

    public SnapshotReader(String secret) {
        this.key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    }

    public TreeMap<?, ?> read(byte[] data) throws IOException, GeneralSecurityException {
        if (data.length < TAG) {
            throw new IOException("snapshot too short");
        }
        byte[] tag = Arrays.copyOf(data, TAG);
        byte[] body = Arrays.copyOfRange(data, TAG, data.length);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(key);
        if (!MessageDigest.isEqual(tag, mac.doFinal(body))) {
            throw new IOException("snapshot not authentic");
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(body))) {
            in.setObjectInputFilter(FILTER);
            return (TreeMap<?, ?>) in.readObject();
        } catch (ClassNotFoundException | ClassCastException e) {
            throw new IOException("unexpected content", e);
        }
    }
}
