package com.acme.session;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.servlet.http.Cookie;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

public class SessionCookies {

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Long> live = new ConcurrentHashMap<>();

    public void open(HttpServletResponse response, long userId) {
        byte[] id = new byte[32];
        random.nextBytes(id);
        String value = Base64.getUrlEncoder().withoutPadding().encodeToString(id);
        live.put(value, userId);
        Cookie cookie = new Cookie("auth", value);
        cookie.setPath("/");
        cookie.setMaxAge(14 * 24 * 3600);
        cookie.setHttpOnly(false);
        cookie.setSecure(false);
        response.addCookie(cookie);
    }

    public Long user(HttpServletRequest request) {
        if (request.getCookies() != null) {
            for (Cookie c : request.getCookies()) {
                if ("auth".equals(c.getName())) {
                    return live.get(c.getValue());
                }
            }
        }
        return null;
    }
}
