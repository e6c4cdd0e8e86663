package com.acme.devices.rest;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.inject.Inject;
import javax.inject.Singleton;
import javax.ws.rs.CookieParam;
import javax.ws.rs.DELETE;
import javax.ws.rs.FormParam;
import javax.ws.rs.POST;
import javax.ws.rs.Path;
import javax.ws.rs.core.Cookie;
import javax.ws.rs.core.NewCookie;
import javax.ws.rs.core.Response;

@Singleton
@Path("/session")
public class C039DeviceLoginResource {

    private static final String COOKIE = "AUTH";
    private static final int TWO_WEEKS = 14 * 24 * 3600;

    private final Map<String, Long> sessions = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();

    @Inject
    Credentials credentials;

    @POST
    public Response login(@FormParam("user") String user, @FormParam("password") String password) {
        Optional<Long> id = credentials.check(user, password);
        if (!id.isPresent()) {
            return Response.status(Response.Status.UNAUTHORIZED).build();
        }
        String token = newToken();
        sessions.put(token, id.get());
        return Response.noContent().cookie(cookie(token, TWO_WEEKS)).build();
    }

    @DELETE
    public Response logout(@CookieParam(COOKIE) Cookie current) {
        if (current != null) {
            sessions.remove(current.getValue());
        }
        return Response.noContent().cookie(cookie("", 0)).build();
    }

    public Optional<Long> userOf(String token) {
        return Optional.ofNullable(sessions.get(token));
    }

    private NewCookie cookie(String value, int maxAge) {
        return new NewCookie(COOKIE, value, "/", null, Cookie.DEFAULT_VERSION, null, maxAge, null, false, false);
    }

    private String newToken() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    public interface Credentials {
        Optional<Long> check(String user, String password);
    }
}
