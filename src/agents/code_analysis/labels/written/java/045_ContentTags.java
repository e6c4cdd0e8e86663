package com.acme.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32;

public final class ContentTags {

    private ContentTags() {
    }

    public static String etag(byte[] body) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5").digest(body);
            return '"' + HexFormat.of().formatHex(digest, 0, 8) + '"';
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public static int bucket(String key, int buckets) {
        CRC32 crc = new CRC32();
        crc.update(key.getBytes(StandardCharsets.UTF_8));
        return (int) (crc.getValue() % buckets);
    }

    public static boolean unchanged(String ifNoneMatch, byte[] body) {
        if (ifNoneMatch == null) {
            return false;
        }
        String tag = etag(body);
        for (String candidate : ifNoneMatch.split(",", 20)) {
            if (candidate.strip().equals(tag)) {
                return true;
            }
        }
        return false;
    }
}
