package com.acme.prefs;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.servlet.http.Cookie;
import javax.servlet.http.HttpServletRequest;

public class PreferenceCache {

    private static final String NAME = "prefs";

    public String write(Map<String, String> values) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(new HashMap<>(values));
        }
        return Base64.getUrlEncoder().encodeToString(bytes.toByteArray());
    }

    @SuppressWarnings("unchecked")
    public Map<String, String> read(HttpServletRequest request) {
        Cookie[] cookies = request.getCookies();
        if (cookies == null) {
            return Map.of();
        }
        for (Cookie cookie : cookies) {
            if (!NAME.equals(cookie.getName())) {
                continue;
            }
            byte[] raw = Base64.getUrlDecoder().decode(cookie.getValue());
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(raw))) {
                return (Map<String, String>) in.readObject();
            } catch (IOException | ClassNotFoundException e) {
                return Map.of();
            }
        }
        return Map.of();
    }
}
